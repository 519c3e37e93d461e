/**
 * A script for the head of every page: it keeps the browser's time zone in the cookie `time_zone`, so that the next page
 * is rendered with it. Names of zones hold only characters that a cookie may carry as they are.
 */
export const rememberTimeZone = `(function(){try{
var zone=Intl.DateTimeFormat().resolvedOptions().timeZone;
if(/^[\\w+\\/-]{1,64}$/.test(zone)&&document.cookie.split("; ").indexOf("time_zone="+zone)<0)
document.cookie="time_zone="+zone+"; path=/; max-age=31536000; samesite=lax"+(location.protocol==="https:"?"; secure":"");
}catch(e){}})()`;
