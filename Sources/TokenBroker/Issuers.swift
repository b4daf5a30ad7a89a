// How the broker talks to issuers: what is asked, where it may go, and what the answer means to a
// caller. An actor of its own, off the event loop: signatures are checked here, and the metadata
// and keys of each issuer are kept here.
//
// 1. Nothing is sent to an address off the issuer's own origin, whatever an answer names.
// 2. Metadata is fetched once an hour, keys as often as the issuer wants them kept, or once for an
//    unknown key id, and then not more than once a minute, whether the fetch succeeds or not.
//    Whoever needs keys while they are fetched waits for that one fetch.
// 3. What an issuer's clock shows is measured at every answer that does not come out of a cache; what
//    is signed for it, and what it has signed, is dated by that clock.
// 4. An `invalid_grant` on refresh means that the session is over: `interactionRequired`.

internal import FoundationEssentials
internal import HTTPTypes
internal import IdentityEngine
internal import InteractionCodeFlow
internal import JSON
internal import OAuth
internal import Secrets

/// The conversation with the issuers of all profiles.
actor Issuers {
  private typealias KeyWaiter = CheckedContinuation<Result<KeySet, BrokerError>, Never>

  private let exchange: any HTTPExchange
  private let clock: any BrokerClock
  private let userAgent: String
  private var known: [String: KnownIssuer] = [:]
  /// Who waits for keys that are being fetched; no entry where none are.
  private var keyWaiters: [String: [KeyWaiter]] = [:]

  /// How long one request may take. Calls have deadlines of their own, and leave earlier.
  static let requestTimeout: Duration = .seconds(30)
  /// How long the engine may take: less than the 30 s of a `prompt.answer`, so that it can still be
  /// asked within the call what has become of an answer.
  static let engineTimeout: Duration = .seconds(25)
  /// How long a refresh may take: two of them, one after the other, begin within the grace that the
  /// issuer gives a rotated token.
  static let refreshTimeout: Duration = .seconds(14)

  init(exchange: any HTTPExchange, clock: any BrokerClock, userAgent: String) {
    self.exchange = exchange
    self.clock = clock
    self.userAgent = userAgent
  }

  // MARK: The flow

  func interact(
    _ profile: Profile, pkce: PKCE, state: String, nonce: String, loginHint: String?,
    links: LinkTokens, deviceToken: String
  ) async throws(BrokerError) -> InteractionHandle {
    let request = InteractRequest(
      clientID: profile.clientID, authentication: profile.clientAuthentication,
      scopes: profile.scopes, redirectURI: profile.redirectURI, codeChallenge: pkce.challenge,
      state: state, nonce: nonce, loginHint: loginHint, acrValues: profile.acrValues,
      maxAge: profile.maxAge, audience: profile.audience, activationToken: links.activation,
      recoveryToken: links.recovery, deviceToken: deviceToken)
    return try await ask("/interact", profile, deviceToken: deviceToken) {
      (metadata, stamp) throws(OAuthFault) in
      try request.request(metadata, stamp: stamp)
    } read: { (answer) throws(OAuthFault) in
      let handle = try InteractRequest.response(
        status: answer.status, headers: answer.headers, body: answer.body)
      return InteractionHandle(handle.exposedText())
    }
  }

  /// Calls the Identity Engine.
  ///
  /// - Returns: the answer, and what is left until its `expiresAt` by the issuer's own clock.
  func send(
    _ request: IDXRequest, _ profile: Profile, deviceToken: String
  ) async throws(Transaction.Fault) -> (IDXResponse, Duration?) {
    guard let origin = Origin(profile.issuer), origin.contains(request.href),
      let endpoint = Endpoint(request.href)
    else {
      throw .misdirected(
        "the issuer sends \(request.name) to an address off its own origin, \(profile.issuer)")
    }
    let head = HTTPRequest(
      method: .post, scheme: origin.scheme, authority: origin.authority, path: endpoint.path,
      headerFields: request.headers(origin: origin.description))
    let answer: ExchangeAnswer
    do {
      answer = try await exchange(
        head, request.bodyBytes, profile, deviceToken: deviceToken, timeout: Self.engineTimeout)
    } catch {
      throw .unavailable(error.words)
    }
    return try read(answer, name: request.name)
  }

  private func read(
    _ answer: ExchangeAnswer, name: String
  ) throws(Transaction.Fault) -> (IDXResponse, Duration?) {
    guard !(300..<400).contains(answer.status) else {
      throw .unavailable(
        "the issuer answered \(answer.status) to \(name), and redirects are not followed")
    }
    let retryAfter = RetryAfter.seconds(headers: answer.headers)
    do {
      let response = try IDXResponse(status: answer.status, body: answer.body)
      if answer.status == 429, response.remediations.isEmpty {
        throw Transaction.Fault.rateLimited(after: retryAfter.map { .seconds($0) })
      }
      if answer.status >= 500, response.remediations.isEmpty {
        throw Transaction.Fault.unavailable(
          response.messages.first?.text ?? "the issuer answered \(answer.status) to \(name)")
      }
      return (response, lifetime(response, answer))
    } catch let fault as Transaction.Fault {
      throw fault
    } catch let fault as IDXFault {
      if answer.status == 429 { throw .rateLimited(after: retryAfter.map { .seconds($0) }) }
      throw fault.transactionFault(name: name)
    } catch {
      throw .unavailable("the issuer's answer to \(name) cannot be read")
    }
  }

  private func lifetime(_ response: IDXResponse, _ answer: ExchangeAnswer) -> Duration? {
    guard let text = response.expiresAt, let expiresAt = Self.date(text) else { return nil }
    let now = answer.headers[.date].flatMap { HTTPDate.parse($0) } ?? clock.now()
    return .seconds(expiresAt.timeIntervalSince(now))
  }

  /// The engine writes milliseconds; a fixture now and then does not.
  private static func date(_ text: String) -> Date? {
    if let date = try? Date(
      text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    {
      return date
    }
    return try? Date(text, strategy: .iso8601)
  }

  // MARK: What is known of an issuer

  /// What an issuer says of itself; fetched where it is not known.
  func metadata(_ profile: Profile) async throws(BrokerError) -> IssuerMetadata {
    let now = clock.uptime()
    if let metadata = known[profile.issuer]?.metadata(now: now) { return metadata }
    do {
      let answer = try await send(
        try IssuerMetadata.request(issuer: profile.issuer), profile, deviceToken: nil)
      let metadata = try IssuerMetadata.response(
        status: answer.status, headers: answer.headers, body: answer.body,
        configuredIssuer: profile.issuer)
      known[profile.issuer, default: KnownIssuer()].learn(metadata, now: now)
      return metadata
    } catch let fault as OAuthFault {
      throw BrokerError(fault, endpoint: "discovery")
    } catch let error as BrokerError {
      throw error
    } catch {
      throw .issuerUnavailable("\(error)")
    }
  }

  /// The issuer's keys; with `again`, those that it has now, unless they were asked for within the
  /// last minute.
  func keys(
    _ profile: Profile, _ metadata: IssuerMetadata, again: Bool
  ) async throws(BrokerError) -> KeySet {
    let issuer = profile.issuer
    let now = clock.uptime()
    if keyWaiters[issuer] != nil {
      return try await withCheckedContinuation { keyWaiters[issuer]?.append($0) }.get()
    }
    if let keys = try known[issuer]?.keys(again: again, now: now) { return keys }
    known[issuer, default: KnownIssuer()].askedForKeys(now: now)
    keyWaiters[issuer] = []
    let result: Result<KeySet, BrokerError>
    do throws(BrokerError) {
      result = .success(try await fetchKeys(profile, metadata))
    } catch {
      known[issuer, default: KnownIssuer()].failedToGetKeys(error)
      result = .failure(error)
    }
    for waiter in keyWaiters.removeValue(forKey: issuer) ?? [] { waiter.resume(returning: result) }
    return try result.get()
  }

  private func fetchKeys(
    _ profile: Profile, _ metadata: IssuerMetadata
  ) async throws(BrokerError) -> KeySet {
    let answer = try await send(KeySet.request(metadata), profile, deviceToken: nil)
    do {
      let keys = try KeySet.response(
        status: answer.status, headers: answer.headers, body: answer.body)
      known[profile.issuer, default: KnownIssuer()].learn(
        keys, lifetime: CacheLifetime.seconds(headers: answer.headers), now: clock.uptime())
      return keys
    } catch {
      throw BrokerError(error, endpoint: "the keys")
    }
  }

  // MARK: Sending

  /// What the issuer's clock shows now, as well as it is known.
  func now(at profile: Profile) -> Date { issuerClock(profile).time(at: clock.now()) }

  /// What is known of the issuer's clock.
  func issuerClock(_ profile: Profile) -> IssuerClock {
    known[profile.issuer]?.clock ?? IssuerClock()
  }

  /// Asks one endpoint, in the client's name.
  func ask<Value>(
    _ endpoint: String, _ profile: Profile, deviceToken: String?,
    _ make: (IssuerMetadata, Stamp) throws(OAuthFault) -> OAuthRequest,
    read: (ExchangeAnswer) throws(OAuthFault) -> Value
  ) async throws(BrokerError) -> Value {
    try await askTimed(endpoint, profile, deviceToken: deviceToken, make, read: read).0
  }

  /// The same, with when the request left, on the uptime clock.
  ///
  /// - Parameters:
  ///   - proofKey: shown to the issuer beside the request. Where it wants a nonce in the proof, the
  ///     request is made once more: what it carries is not used up by that (RFC 9449 §8).
  ///   - make: makes the request, with what is known of the issuer and a stamp of its own.
  ///   - read: reads the answer.
  func askTimed<Value>(
    _ endpoint: String, _ profile: Profile, deviceToken: String?, proving proofKey: ProofKey? = nil,
    timeout: Duration = requestTimeout,
    _ make: (IssuerMetadata, Stamp) throws(OAuthFault) -> OAuthRequest,
    read: (ExchangeAnswer) throws(OAuthFault) -> Value
  ) async throws(BrokerError) -> (Value, Duration) {
    let metadata = try await metadata(profile)
    var isRepeated = false
    while true {
      var request: OAuthRequest
      do {
        request = try make(metadata, stamp(profile))
        if let proofKey {
          try request.prove(proofKey, nonce: known[profile.issuer]?.nonce, stamp: stamp(profile))
        }
      } catch {
        throw BrokerError(error, endpoint: endpoint)
      }
      let askedAt = clock.uptime()
      let answer = try await send(request, profile, deviceToken: deviceToken, timeout: timeout)
      let nonce = proofKey == nil ? nil : ProofKey.nonce(in: answer.headers)
      if let nonce { known[profile.issuer, default: KnownIssuer()].nonce = nonce }
      do {
        return (try read(answer), askedAt)
      } catch {
        guard error == .nonceWanted, nonce != nil, !isRepeated else {
          throw BrokerError(ofRequest: error, endpoint: endpoint)
        }
        isRepeated = true
      }
    }
  }

  /// A stamp that nobody used before, by the issuer's clock.
  func stamp(_ profile: Profile) -> Stamp {
    Stamp(time: now(at: profile), randomBytes: RandomBytes.bytes(16))
  }

  private func send(
    _ request: OAuthRequest, _ profile: Profile, deviceToken: String?,
    timeout: Duration = requestTimeout
  ) async throws(BrokerError) -> ExchangeAnswer {
    do {
      return try await exchange(
        request.head, request.body, profile, deviceToken: deviceToken, timeout: timeout)
    } catch {
      // A question may be asked again; what was posted may have been done.
      let mayHaveArrived = request.head.method == .post && error.mayHaveArrived
      throw mayHaveArrived ? .issuerSilent(error.words) : .issuerUnavailable(error.words)
    }
  }

  private func exchange(
    _ head: HTTPRequest, _ body: [UInt8], _ profile: Profile, deviceToken: String?,
    timeout: Duration = requestTimeout
  ) async throws(ExchangeFault) -> ExchangeAnswer {
    var head = head
    head.headerFields[.userAgent] = userAgent
    if let deviceToken { head.headerFields[.cookie] = "DT=" + deviceToken }
    let answer = try await exchange.send(
      head, body: body, caFile: profile.caFile, timeout: timeout)
    // A cache says `Age` (RFC 9111 §5.1), and leaves the date of when it was told.
    if answer.headers[.age] == nil,
      let date = answer.headers[.date].flatMap({ HTTPDate.parse($0) })
    {
      known[profile.issuer, default: KnownIssuer()].clock.observe(date, at: clock.now())
    }
    return answer
  }
}
