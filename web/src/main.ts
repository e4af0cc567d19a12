import "./style.css";
import { start } from "./shell.ts";

void start(document.getElementById("page")!);
