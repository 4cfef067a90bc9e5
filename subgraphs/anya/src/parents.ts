import type { DetectedAnomaly, SurveillanceAlert } from './anomaly/index.ts'
import type {
  EntityVector,
  FeatureJob,
  KnownView,
  StoredFeatures,
  StoredPartition,
  ViewEntity,
} from './feature-store/index.ts'
import type {
  KnownRegime,
  PatternPoint,
  PatternStatistics,
  RegimeStatistics,
  ShownPattern,
  TickSize,
} from './patterns/index.ts'
import type { ExplainedForecast, Forecast, TrackRecord } from './prediction/index.ts'
import type { Alias, RegisteredModel, RegisteredVersion, Transition } from './registry/index.ts'
import type { TrainingRun } from './training/index.ts'

/** What the resolvers of each type are given; the rest of the graph is resolved from it. */
export type MarketParent = { readonly symbol: string }
export type PredictionParent = Forecast
export type PredictionExplanationParent = ExplainedForecast
export type PredictionTrackRecordParent = TrackRecord
export type ModelParent = RegisteredModel
export type ModelVersionParent = RegisteredVersion
export type ModelAliasParent = Alias
export type ModelTransitionParent = Transition
export type PatternParent = ShownPattern
export type PatternPointParent = PatternPoint & { readonly tick: TickSize }
export type PatternStatisticsParent = PatternStatistics
export type MarketRegimeParent = KnownRegime
export type RegimeStatisticsParent = RegimeStatistics
/** `balances` come from dash33 with the question; nobody has looked at them yet. */
export type PortfolioParent = { readonly accountId: string; readonly balances?: unknown }
export type OrderAssessmentParent = { readonly id: string; readonly owner: UserParent }
export type UserParent = { readonly id: string; readonly portfolio?: unknown }
export type FeatureViewParent = KnownView
export type FeatureViewEntityParent = ViewEntity
export type FeatureVectorParent = EntityVector
export type OfflineFeaturesParent = StoredFeatures
export type FeaturePartitionParent = StoredPartition
export type FeatureJobParent = FeatureJob
export type TrainingRunParent = TrainingRun
export type AnomalyParent = DetectedAnomaly
export type PlatformAnomalyParent = DetectedAnomaly
export type SurveillanceAlertParent = SurveillanceAlert
