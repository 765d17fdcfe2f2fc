// Written by scripts/make_page_types.py from src/emporion/wire; do not edit.

export interface Problem {
  status: number;
  title: string;
  code: string;
  reason: string;
  detail: string;
  type?: string;
  field?: string | null;
  order_id?: number | null;
  retry_after_ms?: number | null;
  request_id?: string | null;
}

export interface Status {
  status: "ok" | "stopped";
  seq: number;
  ts_ns: string;
  version: string;
  simulation: boolean;
  sign_up: boolean;
}

export interface Asset {
  asset_id: number;
  name: string;
  decimals: number;
  asset_class: "bond" | "coin" | "currency" | "event" | "fund" | "future" | "gold" | "option" | "perpetual" | "private" | "share" | "stablecoin";
  supply: string;
}

export interface Instrument {
  instrument_id: number;
  name: string;
  title: string;
  base: string;
  quote: string;
  asset_class: "bond" | "coin" | "currency" | "event" | "fund" | "future" | "gold" | "option" | "perpetual" | "private" | "share" | "stablecoin";
  status: "closed" | "halted" | "open" | "post_only" | "pre_open";
  tick: string;
  lot: string;
  qty_min: string;
  qty_max: string;
  price_max: string;
  notional_min: string;
  notional_max: string | null;
  reference: string | null;
  band: string;
  fee_schedule: number;
  last_price: string | null;
  best_bid: string | null;
  best_ask: string | null;
  traded: string;
  trades: number;
  contract: Contract | null;
}

export interface Ticker {
  instrument: string;
  status: "closed" | "halted" | "open" | "post_only" | "pre_open";
  last: string | null;
  change: string | null;
  high: string | null;
  low: string | null;
  qty: string;
  turnover: string;
  bid: string | null;
  bid_qty: string | null;
  ask: string | null;
  ask_qty: string | null;
  trades: number;
  seq: number;
}

export interface Book {
  instrument: string;
  seq: number;
  bids: [string, string, number][];
  asks: [string, string, number][];
  checksum: number;
}

export interface Trade {
  seq: number;
  match: number;
  ts_ns: string;
  instrument: string;
  side: "buy" | "sell";
  price: string;
  qty: string;
}

export interface Candle {
  start_ns: string;
  open: string;
  high: string;
  low: string;
  close: string;
  qty: string;
  turnover: string;
  trades: number;
}

export interface Contract {
  instrument: string;
  kind: "call" | "future" | "outcome" | "perpetual" | "put";
  settle: string;
  mark: string | null;
  index: string | null;
  priced_ns: string | null;
  open_interest: string;
  open_interest_max: string;
  position_max: string;
  funding_rate: string | null;
  funding_next: string | null;
  funding_interval_ns: string | null;
  next_funding_ns: string | null;
  next_due_ns: string | null;
  expiry_ns: string | null;
  strike: string | null;
  daily_price: string | null;
  final_price: string | null;
  question: string | null;
  outcome: string | null;
  outcome_number: number | null;
}

export interface FundingPoint {
  seq: number;
  ts_ns: string;
  instrument: string;
  rate: string;
  index: string;
}

export interface FundingPage {
  items: FundingPoint[];
  next: string | null;
}

export interface OptionQuote {
  instrument: string;
  mark: string | null;
  bid: string | null;
  ask: string | null;
  last: string | null;
  open_interest: string;
  theoretical: number | null;
  iv: number | null;
  bid_iv: number | null;
  ask_iv: number | null;
  delta: number | null;
  gamma: number | null;
  vega: number | null;
  theta: number | null;
}

export interface OptionStrike {
  strike: string;
  call: OptionQuote | null;
  put: OptionQuote | null;
}

export interface OptionChain {
  underlying: string;
  expiry_ns: string;
  forward: string | null;
  strikes: OptionStrike[];
}

export interface OptionChains {
  items: OptionChain[];
}

export interface Outcome {
  outcome: number;
  name: string;
  instrument: string | null;
  price: string | null;
  bid: string | null;
  ask: string | null;
  payout: string | null;
}

export interface Question {
  question_id: number;
  name: string;
  title: string;
  status: "open" | "proposed" | "resolved";
  challenge_ns: string;
  due_ns: string | null;
  turnover: string;
  outcomes: Outcome[];
  group_id: number;
}

export interface Questions {
  items: Question[];
}

export interface ResolveQuestion {
  payouts: string[];
}

export interface CriticalTime {
  direction: "down" | "up";
  confidence: number;
  p: number;
  windows: number;
  low_ns: string | null;
  median_ns: string | null;
  high_ns: string | null;
}

export interface Gauge {
  instrument: string;
  interval: "12h" | "15m" | "15s" | "1M" | "1d" | "1h" | "1m" | "1s" | "1w" | "2h" | "30m" | "3d" | "3m" | "4h" | "5m" | "5s" | "8h";
  observations: number;
  at_ns: string | null;
  is_explosive: boolean | null;
  since_ns: string | null;
  bsadf: number | null;
  line: number | null;
  p: number | null;
  p_any: number | null;
  strength: "fair" | "none" | "strong" | "weak" | null;
  studied_ns: string | null;
  critical_time: CriticalTime | null;
}

export interface Episode {
  start_ns: string;
  peak_ns: string;
  end_ns: string;
  is_ongoing: boolean;
  direction: "down" | "up";
  change: number;
  bsadf: number;
}

export interface GaugeStudy {
  gauge: Gauge;
  window_min: number;
  replications: number;
  times_ns: string[];
  prices: string[];
  bsadf: (number | null)[];
  line: (number | null)[];
  episodes: Episode[];
  critical_times_ns: string[];
}

export interface GaugePoint {
  at_ns: string;
  is_explosive: boolean;
  bsadf: number;
  line: number;
  p: number;
  confidence: number | null;
  confidence_p: number | null;
  median_ns: string | null;
}

export interface Fill {
  seq: number;
  ts_ns: string;
  order_id: number;
  account: string;
  instrument: string;
  side: "buy" | "sell";
  role: string;
  price: string;
  qty: string;
  leaves: string;
  fee: string;
}

export interface Order {
  order_id: number;
  account: string;
  instrument: string;
  side: "buy" | "sell";
  tif: "fok" | "gtc" | "gtd" | "ioc";
  price: string;
  qty: string;
  cum: string;
  leaves: string;
  status: "canceled" | "expired" | "filled" | "new" | "partially_filled";
  reason: string | null;
  flags: string[];
  stp: "cancel_both" | "cancel_resting" | "cancel_taker" | "decrement";
  display: string | null;
  trigger: string | null;
  trigger_by: "index" | "last" | "mark";
  trail: string | null;
  link: "cancels_other" | "child" | "position" | null;
  related_id: number | null;
  expire_ns: string | null;
  cl_ord_id: string | null;
  fills: Fill[];
  seq: number;
  entry_ns: string;
  repeated: boolean;
}

export interface PlaceOrder {
  instrument: string;
  side: "buy" | "sell";
  qty: string;
  price?: string | null;
  tif?: "fok" | "gtc" | "gtd" | "ioc" | null;
  market?: boolean;
  post_only?: boolean;
  display?: string | null;
  trigger?: string | null;
  trigger_by?: "index" | "last" | "mark";
  take_profit?: boolean;
  trail?: string | null;
  reduce_only?: boolean;
  link?: "cancels_other" | "child" | "position" | null;
  related_id?: number | null;
  expire_ns?: string | null;
  stp?: "cancel_both" | "cancel_resting" | "cancel_taker" | "decrement";
  cl_ord_id?: string | null;
}

export interface PlaceOrders {
  orders: PlaceOrder[];
}

export interface PlacedOrder {
  order: Order | null;
  problem: Problem | null;
}

export interface PlacedOrders {
  results: PlacedOrder[];
}

export interface ReplaceOrder {
  qty?: string | null;
  price?: string | null;
  new_cl_ord_id?: string | null;
}

export interface CancelOrders {
  order_ids: number[];
}

export interface MassCanceled {
  order_ids: number[];
  seq: number;
}

export interface MarginPreview {
  equity: string;
  required: string;
  required_after: string;
  available_after: string;
  order_risk: string;
}

export interface Preview {
  accepted: boolean;
  problem: Problem | null;
  price: string | null;
  notional: string;
  fee_max: string;
  hold: string;
  hold_asset: string;
  free: string;
  fills_qty: string;
  fills_cost: string;
  fills_fee: string;
  average: string | null;
  maker_ppm: number;
  taker_ppm: number;
  margin: MarginPreview | null;
}

export interface Deadman {
  seconds: string;
}

export interface OrderPage {
  items: Order[];
  next: string | null;
}

export interface FillPage {
  items: Fill[];
  next: string | null;
}

export interface Position {
  account: string;
  instrument: string;
  kind: "call" | "future" | "outcome" | "perpetual" | "put";
  qty: string;
  entry: string | null;
  mark: string | null;
  value: string;
  settle: string;
  unrealized: string;
  unposted: string;
  liquidation: string | null;
  buy_open: string;
  sell_open: string;
}

export interface MarginSummary {
  account: string;
  mode: "cash" | "margin";
  stage: "backstop" | "deleveraging" | "none" | "queued" | "reducing";
  equity: string;
  initial: string;
  maintenance: string;
  order_risk: string;
  required: string;
  available: string;
  gross: string;
  leverage: string | null;
  leverage_max: number;
  borrowed: Loan[];
}

export interface Loan {
  asset: string;
  amount: string;
  rate: string;
}

export interface MarginPart {
  name: string;
  is_order: boolean;
  qty: string;
  value: string;
}

export interface MarginGroup {
  group_id: number;
  group: string;
  kind: "event" | "price" | "rates";
  scenario: number;
  scenario_title: string;
  loss: string;
  held_loss: string;
  maintenance: string;
  is_short_minimum: boolean;
  scenarios: string[];
  parts: MarginPart[];
}

export interface MarginAddon {
  name: string;
  value: string;
}

export interface Explanation {
  seq: number;
  summary: MarginSummary;
  collateral: MarginPart[];
  groups: MarginGroup[];
  addons: MarginAddon[];
}

export interface PositionPage {
  items: Position[];
  next: string | null;
}

export interface SetMarginMode {
  leverage_max?: number;
}

export interface PlaceTwap {
  instrument: string;
  side: "buy" | "sell";
  qty: string;
  seconds: number;
  interval_seconds?: number;
  slippage?: string;
  price?: string | null;
  reduce_only?: boolean;
  stp?: "cancel_both" | "cancel_resting" | "cancel_taker" | "decrement";
  cl_ord_id?: string | null;
}

export interface Twap {
  twap_id: number;
  account: string;
  instrument: string;
  side: "buy" | "sell";
  qty: string;
  done: string;
  start_ns: string;
  end_ns: string;
  interval_ns: string;
  status: "ended" | "running";
  reason: string | null;
  price: string | null;
  reduce_only: boolean;
}

export interface TwapPage {
  items: Twap[];
  next: string | null;
}

export interface Account {
  account_id: number;
  name: string;
  master: string | null;
  fee_tier: number;
  frozen: boolean;
  deadman_ns: string | null;
}

export interface Balance {
  account: string;
  asset: string;
  total: string;
  free: string;
  in_orders: string;
  held: string;
  value: string | null;
}

export interface Balances {
  items: Balance[];
  seq: number;
  value_asset: string | null;
}

export interface Hold {
  hold_id: number;
  account: string;
  asset: string;
  amount: string;
  kind: "freeze" | "withdrawal";
  reference: number;
}

export interface Entry {
  seq: number;
  ts_ns: string;
  account: string;
  asset: string;
  kind: "buy" | "deposit" | "fee" | "funding" | "insurance" | "interest" | "liquidation_fee" | "marked" | "realized" | "sell" | "settled" | "transfer" | "withdrawal";
  amount: string;
  order_id: number;
}

export interface Withdraw {
  asset: string;
  amount: string;
  cl_ord_id?: string | null;
  reference?: number;
}

export interface Transfer {
  to: string;
  asset: string;
  amount: string;
  cl_ord_id?: string | null;
  reference?: number;
}

export interface OpenSubAccount {
  name: string;
}

export interface Done {
  seq: number;
}

export interface AccountPage {
  items: Account[];
  next: string | null;
}

export interface HoldPage {
  items: Hold[];
  next: string | null;
}

export interface EntryPage {
  items: Entry[];
  next: string | null;
}

export interface SignUp {
  login: string;
  password: string;
}

export interface SignIn {
  login: string;
  password: string;
  code?: string | null;
}

export interface DemoSignIn {
  role?: "operator" | "trader";
}

export interface Session {
  login: string;
  account: string;
  scopes: ("operate" | "read" | "trade" | "withdraw")[];
  totp: boolean;
  demo: boolean;
  expires_ns: string;
}

export interface OpenSession {
  session_id: string;
  current: boolean;
  address: string;
  agent: string;
  created_ns: string;
  used_ns: string;
  expires_ns: string;
}

export interface ChangePassword {
  old: string;
  new: string;
}

export interface TotpOffer {
  secret: string;
  uri: string;
  svg: string;
}

export interface BeginTotp {
  password: string;
}

export interface ConfirmTotp {
  password: string;
  code: string;
}

export interface MakeKey {
  label?: string;
  scopes?: ("operate" | "read" | "trade" | "withdraw")[];
  account?: string | null;
  addresses?: string[];
  expires_ns?: string | null;
  public_key?: string | null;
}

export interface Key {
  key_id: string;
  label: string;
  scopes: ("operate" | "read" | "trade" | "withdraw")[];
  account: string | null;
  addresses: string[];
  created_ns: string;
  expires_ns: string | null;
  public_key: string;
  last_used_ns: string | null;
}

export interface NewKey {
  key: Key;
  secret: string | null;
}

export interface KeyPage {
  items: Key[];
  next: string | null;
}

export interface ListAsset {
  name: string;
  decimals: number;
  asset_class?: "bond" | "coin" | "currency" | "event" | "fund" | "future" | "gold" | "option" | "perpetual" | "private" | "share" | "stablecoin";
}

export interface ListInstrument {
  name: string;
  tick?: string | null;
  lot?: string | null;
  base?: string | null;
  quote?: string | null;
  template?: "bond" | "coin" | "currency" | "event" | "fund" | "future" | "gold" | "option" | "perpetual" | "private" | "share" | "stablecoin" | null;
  asset_class?: "bond" | "coin" | "currency" | "event" | "fund" | "future" | "gold" | "option" | "perpetual" | "private" | "share" | "stablecoin" | null;
  reference?: string | null;
  band?: string | null;
  qty_min?: string | null;
  qty_max?: string | null;
  price_max?: string | null;
  notional_min?: string | null;
  notional_max?: string | null;
  fee_schedule?: number;
  status?: "closed" | "halted" | "open" | "post_only" | "pre_open";
}

export interface AmendInstrument {
  qty_min?: string | null;
  qty_max?: string | null;
  price_max?: string | null;
  notional_min?: string | null;
  notional_max?: string | null;
  reference?: string | null;
  band?: string | null;
  fee_schedule?: number | null;
}

export interface SetStatus {
  status: "closed" | "halted" | "open" | "post_only" | "pre_open";
}

export interface SetFees {
  maker: string;
  taker: string;
  schedule?: number;
  tier?: number;
}

export interface Fees {
  schedule: number;
  tier: number;
  maker: string;
  taker: string;
}

export interface OpenAccount {
  name: string;
  master?: string | null;
  tier?: number;
}

export interface SetTier {
  tier: number;
}

export interface MoveFunds {
  account: string;
  asset: string;
  amount: string;
  cl_ord_id?: string | null;
  reference?: number;
}

export interface SetLimit {
  name: string;
  value: number;
}

export interface TableUse {
  name: string;
  used: number;
  limit: number;
}

export interface Latency {
  route: string;
  count: number;
  p50_ms: number;
  p99_ms: number;
}

export interface VenueState {
  seq: number;
  ts_ns: string;
  digest: string;
  journal_bytes: number;
  durable_seq: number;
  sync: string;
  commands_per_second: number;
  fills_per_second: number;
  gateways: number;
  subscribers: number;
  tables: TableUse[];
  latencies: Latency[];
  history_seq: number;
}

export interface FeesList {
  items: Fees[];
}

export interface Subscription {
  channel: "balances" | "candles" | "contracts" | "depth" | "fills" | "gauges" | "margin" | "orders" | "ticker" | "top" | "trades";
  instrument?: string | null;
  interval?: "12h" | "15m" | "15s" | "1M" | "1d" | "1h" | "1m" | "1s" | "1w" | "2h" | "30m" | "3d" | "3m" | "4h" | "5m" | "5s" | "8h" | null;
  account?: string | null;
}

export interface Subscribe {
  op: "subscribe";
  subscription: Subscription;
  after_seq?: number | null;
  id?: number;
}

export interface Unsubscribe {
  op: "unsubscribe";
  subscription: Subscription;
  id?: number;
}

export interface Authenticate {
  op: "authenticate";
  key: string;
  time_ns: string;
  nonce: string;
  signature: string;
  account?: string;
  id?: number;
}

export interface Ping {
  op: "ping";
  id?: number;
}

export interface Hello {
  type: "hello";
  seq: number;
  version: string;
  simulation: boolean;
  interval_ms: number;
  account: string | null;
}

export interface Subscribed {
  type: "subscribed";
  subscription: Subscription;
  id: number;
}

export interface Unsubscribed {
  type: "unsubscribed";
  subscription: Subscription;
  id: number;
}

export interface Authenticated {
  type: "authenticated";
  account: string;
  id: number;
}

export interface Pong {
  type: "pong";
  id: number;
  seq: number;
}

export interface ErrorMessage {
  type: "error";
  id: number;
  code: string;
  detail: string;
}

export interface Missed {
  type: "missed";
  subscription: Subscription;
  after_seq: number;
  seq: number;
}

export interface Relisted {
  type: "relisted";
  seq: number;
}

export interface Beat {
  type: "beat";
  seq: number;
  ts_ns: string;
}

export interface TradesMessage {
  type: "trades";
  instrument: string;
  seq: number;
  prev: number;
  items: Trade[];
}

export interface TickersMessage {
  type: "ticker";
  instrument: string | null;
  seq: number;
  prev: number;
  items: Ticker[];
}

export interface CandlesMessage {
  type: "candles";
  instrument: string;
  interval: string;
  seq: number;
  prev: number;
  items: Candle[];
}

export interface TopMessage {
  type: "top";
  instrument: string;
  seq: number;
  prev: number;
  bid: [string, string, number] | null;
  ask: [string, string, number] | null;
}

export interface DepthMessage {
  type: "depth";
  instrument: string;
  image: boolean;
  seq: number;
  prev: number;
  bids: [string, string, number][];
  asks: [string, string, number][];
  checksum: number;
}

export interface OrdersMessage {
  type: "orders";
  account: string;
  image: boolean;
  seq: number;
  prev: number;
  items: Order[];
}

export interface FillsMessage {
  type: "fills";
  account: string;
  seq: number;
  prev: number;
  items: Fill[];
}

export interface BalancesMessage {
  type: "balances";
  account: string;
  image: boolean;
  seq: number;
  prev: number;
  items: Balance[];
}

export interface Contracts {
  type: "contracts";
  instrument: string | null;
  seq: number;
  prev: number;
  items: Contract[];
}

export interface Gauges {
  type: "gauges";
  seq: number;
  prev: number;
  items: Gauge[];
}

export interface Margin {
  type: "margin";
  account: string;
  seq: number;
  prev: number;
  summary: MarginSummary;
  positions: Position[];
}

export type Request =
  | Subscribe
  | Unsubscribe
  | Authenticate
  | Ping;

export type Message =
  | Hello
  | Subscribed
  | Unsubscribed
  | Authenticated
  | Pong
  | ErrorMessage
  | Missed
  | Relisted
  | Beat
  | TradesMessage
  | TickersMessage
  | CandlesMessage
  | TopMessage
  | DepthMessage
  | Contracts
  | Gauges
  | OrdersMessage
  | FillsMessage
  | BalancesMessage
  | Margin;
