// The only script of a page: GOV.UK's components, then our live parts. Everything works without it.
import { initAll } from "./vendor/govuk/govuk-frontend.min.js";
import { startLive } from "./live.js";

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("govuk-frontend-supported");
initAll();
startLive();
