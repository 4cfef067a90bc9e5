export { type BookEvent, SteppedBook } from './book-view.ts'
export { type KnownView, VIEWS, viewNamed } from './catalogue.ts'
export { type Computation, type FeatureDefinition, type FeatureRow, type FeatureView, versionOf } from './view.ts'
