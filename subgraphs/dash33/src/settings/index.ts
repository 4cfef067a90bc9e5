export { type VenueChange, venueChangeOf } from './changes.ts'
export { foldSettings, writeSettings } from './projection.ts'
export { findVenueChanges, type StoredVenueChange } from './store.ts'
