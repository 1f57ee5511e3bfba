export { fromChatModel, type ChatModel, type ChatModelOptions } from "./from-chat-model.ts";
