export { EMPTY_VIEW, type Quote, type QuoteAnswer, type QuoteChange, Quotes, type Side } from './quotes.ts'
