// An issuer that knows one recording: it answers as the recording does, and remembers what it was
// asked.
//
// 1. What a run must have and no recording can give is fresh: metadata, interaction handle, keys,
//    tokens. The codes are bound to PKCE, nonce and client as at a real issuer.
// 2. A declared recording is answered step by step. An introspection out of turn shows where the
//    run stands, as it does at the engine; a poll out of turn finds nothing new.
// 3. What the recording does not hold is answered 404. What no answer so far has offered must not
//    be asked: that is noted as a fault of the broker, and so is a request that is no good.

import Crypto
import Foundation
import JSON
import TestSupport

/// What goes back over HTTP.
struct ReplayedAnswer {
  var status: Int
  var body: [UInt8]
  var contentType = "application/ion+json; okta-version=1.0.0"

  init(_ status: Int, _ body: [UInt8]) {
    self.status = status
    self.body = body
  }

  init(_ status: Int, json: JSONValue) {
    self.init(status, JSONWriter.bytes(json))
    contentType = "application/json"
  }
}

/// `@unchecked Sendable`: everything that changes is touched under the condition's lock.
final class ReplayedIssuer: @unchecked Sendable {
  let recording: Recording
  /// What stands for the organisation's origin: that of the server, and a folder of its own.
  let origin: String
  let issuer: String
  private let mint: TokenMint
  private let changed = NSCondition()

  // Under the lock
  private var walked: Set<Int> = []
  private var skipped: Set<Int> = []
  private var servedTimes: [Int: Int] = [:]
  private var newest: (index: Int, answer: RecordedAnswer)?
  private var newestAlive: RecordedAnswer?
  private var offered: Set<String> = []
  private var handles: Set<String> = []
  private var stateHandles: Set<String> = []
  private var newestRun: [String: String] = [:]
  private var issuedToken: String?
  private var faults: [String] = []
  private var losesNextAnswer = false

  static let client = "0oareplay"
  static let redirectURI = "http://127.0.0.1:8765/callback"

  init(_ recording: Recording, origin: String, mint: TokenMint) {
    self.recording = recording
    self.origin = origin
    self.mint = mint
    issuer = recording.isCustomServer ? origin + "/oauth2/default" : origin
  }

  // MARK: For the walk

  /// How far it has come.
  struct View {
    /// The newest answer that was served, and to which step.
    var newest: (index: Int, answer: RecordedAnswer)?
    /// What would be walked next: the one step of a declared recording, all that are left of routes.
    var next: [Recording.Step]
    var walked: Int
    var skipped: Int
    var faults: [String]
    var issuedToken: String?
  }

  func view() -> View {
    changed.withLock {
      View(
        newest: newest, next: nextIndices.map { recording.steps[$0] }, walked: walked.count,
        skipped: skipped.count, faults: faults, issuedToken: issuedToken)
    }
  }

  /// Whether anything that is recorded after the next step is on offer in its answer.
  var nextLeadsOn: Bool {
    changed.withLock {
      guard let next = nextIndices.first else { return false }
      let later = recording.steps[(next + 1)...].filter { isLed($0) }
      let offers = recording.steps[next].answer.offers
      return later.isEmpty || later.contains { step in offers.contains { step.matches($0.path) } }
    }
  }

  /// Leaves out the next step of a declared recording.
  func skip() {
    changed.withLock {
      if let index = nextIndices.first { skipped.insert(index) }
    }
  }

  /// Loses the answer to the next form that is submitted: a gateway gives up on it.
  func loseNextAnswer() { changed.withLock { losesNextAnswer = true } }

  /// Waits until another step is walked than there were; `false` where that takes too long.
  func waitForStep(beyond count: Int, seconds: Double) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    return changed.withLock {
      while walked.count <= count {
        if !changed.wait(until: deadline) { return walked.count > count }
      }
      return true
    }
  }

  // MARK: Steps

  /// Metadata, keys and tokens are asked for by the broker alone, whenever it wants.
  private func isLed(_ step: Recording.Step) -> Bool {
    step.isIDX || step.path.hasSuffix("/v1/interact")
  }

  private var nextIndices: [Int] {
    let left = recording.steps.indices.filter {
      isLed(recording.steps[$0]) && !walked.contains($0) && !skipped.contains($0)
    }
    return recording.order == .declared ? Array(left.prefix(1)) : left
  }

  private func mark(_ index: Int) {
    servedTimes[index, default: 0] += 1
    if servedTimes[index, default: 0] >= recording.steps[index].times { walked.insert(index) }
    changed.broadcast()
  }

  /// Marks the first step of that kind that is not walked yet.
  private func markFirst(_ suffix: String) {
    let index = recording.steps.indices.first {
      recording.steps[$0].path.hasSuffix(suffix) && !walked.contains($0)
    }
    if let index { mark(index) }
  }

  // MARK: Answering

  func knows(handle: String) -> Bool { changed.withLock { handles.contains(handle) } }

  /// - Parameter path: below the origin.
  func respond(_ method: String, _ path: String, _ body: [UInt8]) -> ReplayedAnswer {
    changed.withLock {
      do {
        if path.hasSuffix("/.well-known/openid-configuration") { return try metadata() }
        if path.hasSuffix("/v1/keys") {
          markFirst("/v1/keys")
          return ReplayedAnswer(200, json: try mint.keySet())
        }
        if path.hasSuffix("/v1/interact") { return try interact(form(body)) }
        if path.hasSuffix("/v1/token") { return try token(form(body)) }
        return identityEngine(path, body)
      } catch {
        faults.append("\(method) \(path): \(error)")
        return ReplayedAnswer(400, json: ["error": "invalid_request"])
      }
    }
  }

  private func form(_ body: [UInt8]) throws -> [String: String] {
    var components = URLComponents()
    components.percentEncodedQuery = String(decoding: body, as: UTF8.self)
      .replacingOccurrences(of: "+", with: "%20")
    var form: [String: String] = [:]
    for item in components.queryItems ?? [] {
      guard form.updateValue(item.value ?? "", forKey: item.name) == nil else {
        throw Trouble("\(item.name) is there twice")
      }
    }
    return form
  }

  private func metadata() throws -> ReplayedAnswer {
    markFirst("/.well-known/openid-configuration")
    let base = recording.isCustomServer ? issuer + "/v1/" : issuer + "/oauth2/v1/"
    return ReplayedAnswer(
      200,
      json: [
        "issuer": .string(issuer), "authorization_endpoint": .string(base + "authorize"),
        "token_endpoint": .string(base + "token"), "jwks_uri": .string(base + "keys"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
      ])
  }

  private func interact(_ form: [String: String]) throws -> ReplayedAnswer {
    guard form["client_id"] == Self.client, form["redirect_uri"] == Self.redirectURI,
      form["code_challenge_method"] == "S256", form["code_challenge"]?.count == 43,
      form["nonce"] != nil, form["state"] != nil
    else { throw Trouble("lacks what /interact must have") }
    newestRun = form
    if let index = recording.steps.indices.first(where: {
      recording.steps[$0].path.hasSuffix("/v1/interact") && !walked.contains($0)
    }), recording.order == .routes || nextIndices.first == index {
      mark(index)
      let step = recording.steps[index]
      if step.status != 200 {
        newest = (index, step.answer)
        return ReplayedAnswer(step.status, step.answer.served(at: origin))
      }
    }
    let handle = "handle-" + UUID().uuidString
    handles.insert(handle)
    return ReplayedAnswer(200, json: ["interaction_handle": .string(handle)])
  }

  private func token(_ form: [String: String]) throws -> ReplayedAnswer {
    guard form["grant_type"] == "interaction_code", form["client_id"] == Self.client,
      let code = newest?.answer.code, form["interaction_code"] == code
    else { throw Trouble("the code is not the one that was given") }
    let challenge = TokenMint.base64URL(
      SHA256.hash(data: Data((form["code_verifier"] ?? "").utf8)))
    guard challenge == newestRun["code_challenge"] else { throw Trouble("PKCE does not hold") }
    markFirst("/v1/token")
    let tokens = try mint.tokens(
      issuer: issuer, client: Self.client, nonce: newestRun["nonce"] ?? "",
      scope: newestRun["scope"] ?? "")
    issuedToken = tokens["access_token"]?.string
    return ReplayedAnswer(200, json: tokens)
  }

  // MARK: The Identity Engine

  private func identityEngine(_ path: String, _ body: [UInt8]) -> ReplayedAnswer {
    let isIntrospection = path == "/idp/idx/introspect"
    let sent = try? JSONParser.parse(body)
    if !isIntrospection {
      if !offered.contains(path) { faults.append("\(path) was asked, and nothing offers it") }
      if let handle = sent?["stateHandle"]?.string {
        if !stateHandles.contains(handle) { faults.append("\(path): a strange state handle") }
      } else {
        faults.append("\(path): no state handle")
      }
    }
    if losesNextAnswer, !isIntrospection, !isPoll(path) {
      losesNextAnswer = false
      return ReplayedAnswer(502, Array("<html>Bad Gateway</html>".utf8))
    }
    if let index = nextStep(path) { return serve(index) }
    // Out of turn.
    if let newestAlive, isIntrospection || isPoll(path) || path == "/idp/idx/cancel" {
      return ReplayedAnswer(200, newestAlive.served(at: origin))
    }
    if isIntrospection {
      return ReplayedAnswer(
        401,
        json: [
          "version": "1.0.0",
          "messages": [
            "type": "array",
            "value": [
              [
                "message": "The session has expired.", "class": "ERROR",
                "i18n": ["key": "idx.session.expired"],
              ]
            ],
          ],
        ])
    }
    return ReplayedAnswer(
      404, json: ["errorCode": "E0000007", "errorSummary": "Not found: it was not recorded"])
  }

  private func isPoll(_ path: String) -> Bool {
    newestAlive?.offers.contains { $0.path == path && $0.isPoll } ?? false
  }

  private func nextStep(_ path: String) -> Int? {
    switch recording.order {
    case .declared:
      return nextIndices.first { recording.steps[$0].matches(path) }
    case .routes:
      // In their order, and again from the first.
      let all = recording.steps.indices.filter { recording.steps[$0].matches(path) }
      return all.min { servedTimes[$0, default: 0] < servedTimes[$1, default: 0] }
    }
  }

  private func serve(_ index: Int) -> ReplayedAnswer {
    let step = recording.steps[index]
    newest = (index, step.answer)
    if step.answer.isIDX { newestAlive = step.answer.isAlive ? step.answer : nil }
    offered.formUnion(step.answer.offers.map(\.path))
    stateHandles.formUnion(step.answer.stateHandles)
    mark(index)
    return ReplayedAnswer(step.status, step.answer.served(at: origin))
  }
}
