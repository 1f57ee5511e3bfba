#!/usr/bin/env node
// By the package's own name: its sources in a clone (-C rlm-source), else its dist.
import { runProcess } from "rlm-cli";

await runProcess();
