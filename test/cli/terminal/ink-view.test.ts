import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Frame } from "../../../src/cli/shell/terminal/line-layout.ts";
import { loadInkView } from "../../../src/cli/shell/terminal/load-ink-view.ts";
import { FakeOutput, plain } from "./fake-terminal.ts";

function frame(text: string): Frame {
  return {
    rows: [
      [
        { text: "> ", style: "prompt" },
        { text, style: "input" },
      ],
    ],
    cursor: { x: 2 + text.length, y: 0 },
  };
}

const SHOW_CURSOR = "\x1b[?25h";

describe("the view drawn by ink", () => {
  it("shows frames one after the other and leaves the last one, even where CI is set", async () => {
    process.env["CI"] = "true";
    const createView = await loadInkView();
    assert.equal(process.env["CI"], "true");
    const output = new FakeOutput();
    const view = createView(output, (text) => text);
    view.show(frame("l"));
    view.show(frame("ls"));
    view.finish();
    assert.match(plain(output.written), /> l\n(?:.*\n)*> ls\n/);
    assert.equal(output.take().lastIndexOf(SHOW_CURSOR) > 0, true);
    // A view can be used again.
    view.show(frame("pwd"));
    view.abandon();
    assert.match(plain(output.written), /> pwd\n$/);
    assert.equal(output.take().endsWith(SHOW_CURSOR), true);
  });
});
