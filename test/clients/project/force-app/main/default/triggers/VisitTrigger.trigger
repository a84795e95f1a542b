trigger VisitTrigger on Visit__c(before insert) {
    for (Visit__c visit : Trigger.new) {
        if (visit.Hours__c == null) {
            visit.Hours__c = 1;
        }
    }
}
