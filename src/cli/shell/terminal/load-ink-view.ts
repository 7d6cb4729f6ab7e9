import type { Paint, PromptView, Screen } from "./prompt-view.ts";

/** Makes views that ink draws. */
export type InkViewFactory = (screen: Screen, paint: Paint) => PromptView;

let loading: Promise<InkViewFactory> | undefined;

/** Loads ink and React: hundreds of files, so only where there is a prompt to draw. */
export function loadInkView(): Promise<InkViewFactory> {
  loading ??= load();
  return loading;
}

async function load(): Promise<InkViewFactory> {
  const restore = changeEnvironment();
  try {
    const { InkView } = await import("./prompt.tsx");
    return (screen, paint) => new InkView(screen, paint);
  } finally {
    restore();
  }
}

/**
 * React reads from the environment whether it is being developed, and ink whether it runs in a
 * continuous integration, where it would draw nothing. A terminal with a person before it is neither.
 */
function changeEnvironment(): () => void {
  const { env } = process;
  const { NODE_ENV: mode, CI: ci, CONTINUOUS_INTEGRATION: integration } = env;
  env["NODE_ENV"] = mode ?? "production";
  delete env["CI"];
  delete env["CONTINUOUS_INTEGRATION"];
  return () => {
    if (mode === undefined) delete env["NODE_ENV"];
    if (ci !== undefined) env["CI"] = ci;
    if (integration !== undefined) env["CONTINUOUS_INTEGRATION"] = integration;
  };
}
