// The two first uses of steering, ready to try. All texts are made up.
import type { Ask, PromptKind } from "../server/answer";

export interface Template {
  id: string;
  title: string;
  about: string;
  /** Names that a fitting concept would have. */
  fitting: RegExp;
  samples: { title: string; text: string }[];
  prompt(kind: PromptKind, text: string): Pick<Ask, "prompt" | "system" | "stop">;
}

const replies: Template = {
  id: "customer-replies",
  title: "Customer replies",
  about: "Paste what a customer wrote; compare the reply as the model writes it with the steered one.",
  fitting: /customer|reply|polite/,
  samples: [
    { title: "Late parcel", text: "My parcel has not arrived for two weeks. Where is it?" },
    { title: "Broken lamp", text: "The lamp I ordered came with a cracked shade. I want my money back, not another lamp." },
    { title: "Wrong invoice", text: "You charged me twice for order 4471. This is the third time I write to you." },
  ],
  prompt: (kind, text) =>
    kind === "plain"
      ? { prompt: `Customer: ${text}\nSupport:`, stop: ["\nCustomer:"] }
      : { system: "You answer customers of an online shop in a few sentences.", prompt: text },
};

const proofreading: Template = {
  id: "proofreading",
  title: "Proofreading",
  about: "Paste a paragraph of an internal document; compare the corrections.",
  fitting: /proof|correct|brevity/,
  samples: [
    { title: "Meeting note", text: "The meeting were moved to thursday becuase the projector are broken. Please tell you're team." },
    { title: "Release note", text: "This release fix two bug's in the export and adds a option for to skip empty row." },
    { title: "Travel rule", text: "Employes which travels by train gets there tickets from the office, irregardless of the distance." },
  ],
  prompt: (kind, text) =>
    kind === "plain"
      ? { prompt: `Text: ${text}\nThe same text without mistakes:`, stop: ["\nText:"] }
      : { system: "You correct spelling and grammar and change nothing else. You answer with the corrected text alone.", prompt: text },
};

export const templates = [replies, proofreading];
