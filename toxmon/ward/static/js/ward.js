"use strict";
// What every page has: spans of time that go on counting. More in live.js.
