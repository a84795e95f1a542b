/** A page of a few words for the browser that comes back from Salesforce. It loads nothing and runs nothing. */
export function page({ title, text }: { readonly title: string; readonly text: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} · Landbridge Connect</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2433; background: #f4f5f8; margin: 0; display: grid; place-items: center; min-height: 100vh; }
main { background: #fff; border: 1px solid #dcdfe6; border-radius: 8px; padding: 32px; margin: 16px; max-width: 32rem; }
h1 { font-size: 20px; margin: 0 0 8px; }
p { margin: 0; overflow-wrap: anywhere; }
</style>
</head>
<body><main><h1>${escape(title)}</h1><p>${escape(text)}</p></main></body>
</html>
`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
