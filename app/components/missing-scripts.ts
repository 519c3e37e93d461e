/** What is asked for after the document may take so long; then the page is made what it is without scripts. */
const patienceMs = 8_000;
/** A page that asks again by itself gives scripts that are still on their way at least so long. */
const leastRefreshMs = 30_000;

/** Under which the document's first lines keep what undoes their work, for scripts that come late. */
const endKey = "frontrowStandInEnd";
/** Told to the document when it stands without scripts: what some of them have begun is in the way. */
export const standInEvent = "frontrow:stand-in";

/** What browsers say of a module that an import did not get: Chrome and Firefox, and Safari. Nothing else rejects with it. */
const failedImport = /^TypeError: .*(dynamically imported module|module script)/;

/**
 * A script for the head of every page that has scripts of its own. When one of those fails, or they do not come within some
 * seconds after the document, it shows what stands in `<noscript>`, which a browser that runs scripts at all keeps to
 * itself, and with `data-scripts="missing"` the styles hide what needs them (`data-needs-script`). It must run in
 * browsers that do not read modules.
 */
export const standInForScripts = `(function(){
var page=document.documentElement,places=[],ended=false,failed=false,refresh;
function show(within){
var read=document.createElement("template"),place=document.createElement("div");
read.innerHTML=within.textContent;
var again=read.content.querySelector("meta[http-equiv]");
if(again){
refresh=setTimeout(function(){location.replace(location.pathname+location.search)},Math.max(again.content*1000,failed?0:${leastRefreshMs}));
again.parentNode.removeChild(again);
}
if(!read.content.firstChild||within.parentNode===document.head)return;
place.className="stand-in";
place.appendChild(read.content);
within.parentNode.insertBefore(place,within.nextSibling);
places.push(place);
}
function stand(){
if(ended||page.hasAttribute("data-scripts"))return;
if(document.readyState==="loading")return document.addEventListener("DOMContentLoaded",stand);
page.setAttribute("data-scripts","missing");
Array.prototype.slice.call(document.querySelectorAll("noscript")).forEach(show);
document.dispatchEvent(new Event("${standInEvent}"));
}
function fail(){failed=true;stand()}
addEventListener("error",function(event){if(event.target.type==="module")fail()},true);
addEventListener("unhandledrejection",function(event){if(${failedImport}.test(event.reason))fail()});
document.addEventListener("DOMContentLoaded",function(){setTimeout(stand,${patienceMs})});
window.${endKey}=function(){
ended=true;
clearTimeout(refresh);
places.forEach(function(place){place.parentNode.removeChild(place)});
page.removeAttribute("data-scripts");
};
})()`;

/**
 * Called by the page's scripts before they take it over: makes the document what the server sent. Whoever is writing
 * in a frame that goes with it finishes first.
 */
export async function endStandIn(): Promise<void> {
  while (isWriting()) await new Promise((resolve) => setTimeout(resolve, 500));
  (window as { [endKey]?: () => void })[endKey]?.();
}

const isWriting = () =>
  [...document.querySelectorAll<HTMLIFrameElement>(".stand-in iframe")].some(({ contentDocument }) =>
    [...(contentDocument?.querySelectorAll("textarea") ?? [])].some(({ value }) => value.trim() !== ""),
  );
