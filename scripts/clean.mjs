// Removes the dist folder of the package it is run in: tsc never deletes output whose source is gone.
import { rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
