/** One message in each language: English, Traditional Chinese, Simplified Chinese, side by side so that none is forgotten. */
export type Message = readonly [en: string, zhHant: string, zhHans: string];
export type Messages = Readonly<Record<string, Message>>;
