import { LightningElement } from 'lwc';

export default class SiteCard extends LightningElement {}
