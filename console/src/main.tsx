import { render } from "preact";
import { App } from "./app/App";
import { applyTheme } from "./app/theme";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/controls.css";
import "./styles/content.css";
import "./styles/archive.css";

applyTheme();
const root = document.getElementById("root");
if (root) render(<App />, root);
