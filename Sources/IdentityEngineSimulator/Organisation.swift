// An Okta organisation as a value: a request and the time go in, an answer comes out. It owns no
// socket, clock or task, so a test can walk through an hour in a millisecond; `remedy-simulator`
// puts it behind HTTP. It is written from the protocol's side alone and shares nothing with the
// client, so that the two can be wrong independently.

public import FoundationEssentials
import HTTPTypes

/// A message that went out to a person.
public struct OutboxMessage: Sendable, Equatable {
  /// The way it took.
  public enum Kind: String, Sendable { case email, sms, call, push }

  /// Its place in the outbox, from 1.
  public var number: Int
  /// The way it took.
  public var kind: Kind
  /// Address or number.
  public var recipient: String
  /// The identifier of the person.
  public var person: String
  /// The code in it.
  public var code: String
  /// The link in it, where there is one.
  public var link: String?
  /// What of the link goes to `/interact`.
  public var token: String?
  /// When it went out.
  public var sentAt: Date
}

/// A request that was answered, without anything secret.
public struct RequestRecord: Sendable, Equatable {
  /// `GET`, `POST`, …
  public var method: String
  /// The path, without the query.
  public var path: String
  /// The status of the answer, or 0 where a fault kept the answer back.
  public var status: Int
  /// When it was answered.
  public var at: Date
}

/// What the organisation's system log would say.
public struct SystemLogEntry: Sendable, Equatable {
  /// Okta's event type.
  public var event: String
  /// When it happened.
  public var at: Date
}

/// An Okta organisation.
public struct Organisation: Sendable {
  /// What it was made of.
  public internal(set) var scenario: Scenario
  /// Scheme, host and port under which it is reached, without a slash at the end.
  public var origin: String
  /// Every mail, SMS, call and push, in order.
  public internal(set) var outbox: [OutboxMessage] = []
  /// What waits on people's phones, or waited there, in order.
  public internal(set) var phone: [PhoneRequest] = []
  /// Every request outside `/simulator`, in order; the oldest are dropped after ten thousand.
  public internal(set) var requestLog: [RequestRecord] = []
  /// How many requests there were, by path.
  public internal(set) var requestCounts: [String: Int] = [:]
  /// Events that a test may want to see, reuse of refresh tokens above all.
  public internal(set) var systemLog: [SystemLogEntry] = []
  /// The faults that are switched on.
  public internal(set) var faults: [Fault] = []
  /// How far its clock is ahead of the one it is handed, in seconds.
  public internal(set) var clockOffset: TimeInterval = 0

  let seed: UInt64
  var random: SeededRandom
  /// The signing keys, the one in use first.
  var keys: [SigningKey]
  var members: [Member]
  let authenticators: [AuthenticatorKey: String]
  var interactions: [String: Interaction] = [:]
  /// Which interaction a run belongs to.
  var runs: [String: String] = [:]
  var codes: [String: IssuedCode] = [:]
  var links: [String: MailLink] = [:]
  var linkTokens: [String: LinkToken] = [:]
  var families: [TokenFamily] = []
  var accessTokens: [String: AccessToken] = [:]
  /// Ids of assertions and proofs that were used, each until it would be refused for its age.
  var usedIDs: [String: Date] = [:]
  /// The nonces for proofs of possession, the newest last.
  var proofNonces: [(value: String, madeAt: Date)] = []
  var windows: [String: RateWindow] = [:]

  /// An organisation. The seed decides handles, codes and ids; a key is made unless one is given,
  /// which is slow. Throws only where no key can be made.
  public init(
    scenario: Scenario, origin: String, seed: UInt64 = 1, key: SigningKey? = nil
  ) throws {
    self.init(
      scenario: scenario, origin: origin, seed: seed,
      keys: [try key ?? SigningKey(scenario.switches.signingAlgorithm)])
  }

  private init(scenario: Scenario, origin: String, seed: UInt64, keys: [SigningKey]) {
    self.scenario = scenario
    self.origin = origin
    self.seed = seed
    self.keys = keys
    var random = SeededRandom(seed: seed)
    members = scenario.people.map { Member($0, random: &random) }
    var authenticators: [AuthenticatorKey: String] = [:]
    for key in AuthenticatorKey.allCases { authenticators[key] = random.identifier("aut") }
    self.authenticators = authenticators
    self.random = random
  }

  // MARK: What a test may do to it

  /// Begins anew, with the same keys: no transaction, token, message, count or fault remains.
  public mutating func reset() {
    self = Organisation(scenario: scenario, origin: origin, seed: seed &+ 1, keys: keys)
  }

  /// Begins anew as another organisation under the same address, which signs with the same key:
  /// whoever knows its metadata and keys need not notice.
  public mutating func become(_ scenario: Scenario) {
    self = Organisation(scenario: scenario, origin: origin, seed: seed &+ 1, keys: keys)
  }

  /// Switches a fault on, beside those that are on.
  public mutating func add(_ fault: Fault) { faults.append(fault) }

  /// Switches all faults off.
  public mutating func removeFaults() { faults = [] }

  /// Moves its clock ahead of the one it is handed.
  public mutating func advanceClock(seconds: TimeInterval) { clockOffset += seconds }

  /// Signs with a new key from now on. The one before stays published unless `keepingOld` is false.
  /// Throws where no key can be made.
  public mutating func rotateKey(keepingOld: Bool = true, to key: SigningKey? = nil) throws {
    keys =
      [try key ?? SigningKey(scenario.switches.signingAlgorithm)]
      + (keepingOld ? keys.prefix(1) : [])
  }

  /// The id of the key that signs.
  public var signingKeyIdentifier: String { keys.first?.identifier ?? "" }

  /// Changes an account: locks it, opens it (which also forgets failed attempts), gives it another
  /// password. `false` where there is no such person.
  @discardableResult
  public mutating func change(
    _ identifier: String, status: Person.Status? = nil, password: String? = nil
  ) -> Bool {
    guard let place = place(of: identifier) else { return false }
    if let status {
      members[place].person.status = status
      members[place].wrongPasswords = 0
      members[place].wrongCodes = [:]
    }
    if let password { members[place].person.password = password }
    return true
  }

  /// Revokes every grant, as an administrator may.
  public mutating func revokeGrants() {
    for place in families.indices { families[place].isRevoked = true }
    accessTokens = [:]
  }

  /// The code that a person's authenticator app shows, where there is one.
  public func timeBasedCode(of identifier: String, now: Date) -> String? {
    guard let place = place(of: identifier) else { return nil }
    return members[place].timeBasedCode(of: .googleOTP)?.code(at: now + clockOffset)
  }

  // MARK: Answering

  /// Answers one request. `now` is the time by the caller's clock.
  public mutating func respond(to request: SimulatedRequest, now: Date) -> SimulatedResponse {
    let now = now + clockOffset
    if request.path == "/simulator" || request.path.hasPrefix("/simulator/") {
      return finish(control(request, now: now), for: request, now: now)
    }
    var answer: Answer
    var isBehindProxy = false
    if let fault = takeFaults(at: request.path, where: \.replacesAnswer, limit: 1).first {
      answer = fault.answer(now: now)
      isBehindProxy = fault.kind == .proxyBlock
    } else {
      answer = route(request, now: now)
      for fault in takeFaults(at: request.path, where: \.changesAnswer) {
        answer = fault.apply(to: answer, origin: origin)
      }
    }
    let response = finish(answer, for: request, now: now, isBehindProxy: isBehindProxy)
    record(request, response, now: now)
    return response
  }

  private mutating func record(
    _ request: SimulatedRequest, _ response: SimulatedResponse, now: Date
  ) {
    let isAnswered = response.delivery != .never && response.delivery != .reset
    requestLog.append(
      RequestRecord(
        method: request.method.rawValue, path: request.path,
        status: isAnswered ? response.status : 0, at: now))
    if requestLog.count > 10_000 { requestLog.removeFirst(requestLog.count - 10_000) }
    requestCounts[request.path, default: 0] += 1
  }

  private mutating func finish(
    _ answer: Answer, for request: SimulatedRequest, now: Date, isBehindProxy: Bool = false
  ) -> SimulatedResponse {
    var headers = answer.headers
    headers[.date] = httpDate(now)
    if !isBehindProxy { headers[.oktaRequestID] = random.handle(24) }
    if headers[.cacheControl] == nil { headers[.cacheControl] = "no-cache, no-store" }
    if headers[.rateLimit] == nil, !isCacheable(request.path), !isBehindProxy {
      limit(request.path, &headers, now: now)
    }
    var response = SimulatedResponse(
      status: answer.status, headers: headers, delivery: answer.delivery)
    switch answer.body {
    case .none:
      break
    case .json(let value):
      response.body = Array(value.jsonText.utf8)
      response.headers[.contentType] = answer.contentType
    case .bytes(let bytes, let type):
      response.body = bytes
      response.headers[.contentType] = type
    }
    return response
  }

  private func isCacheable(_ path: String) -> Bool {
    path.contains("/.well-known/") || path.hasSuffix("/v1/keys") || path.hasPrefix("/simulator")
  }

  mutating func deliver(
    _ kind: OutboxMessage.Kind, code: String, link: String? = nil, to recipient: String,
    of person: String, now: Date
  ) {
    outbox.append(
      OutboxMessage(
        number: outbox.count + 1, kind: kind, recipient: recipient, person: person, code: code,
        link: link, sentAt: now))
  }

  /// The place of a person in the directory.
  func place(of identifier: String) -> Int? {
    let wanted = identifier.lowercased()
    return members.firstIndex { $0.person.identifier.lowercased() == wanted }
  }

  /// Somebody who is not there, and from outside looks as if.
  mutating func phantom(called identifier: String) -> Member {
    let email = identifier.contains("@") ? identifier : identifier + "@example.com"
    let person = Person(
      identifier: identifier, password: "", firstName: "", lastName: "", email: email)
    return Member(person, isPhantom: true, random: &random)
  }
}
