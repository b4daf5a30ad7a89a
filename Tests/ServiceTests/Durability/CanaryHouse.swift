// A broker whose every secret is known to the test and fresh in each run: an organisation read from a
// scenario of its own, a wire that is listened to, and a log at its most talkative that is kept.

import BrokerInterface
import Crypto
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient
import Secrets
import Synchronization
import TestSupport

/// Broker, issuer, wire and secrets. All end with it.
final class CanaryHouse {
  private let place: BrokerFolder
  private(set) var canaries: [Canary] = []
  private let simulator: ServingProgram
  private let recorder: Recorder
  private let control: String
  private var broker: ServingProgram?
  private let log = Log()

  static let name = "ann@example.com"
  private let password = CanaryHouse.fresh("p/w+")
  private let answer = CanaryHouse.fresh("stew ").lowercased()
  private let seed = CanaryHouse.freshSeed()
  private let clientSecret = CanaryHouse.fresh("client+secret/")

  var folder: URL { place.url }
  var state: String { place.state }
  var pid: Int32? { broker?.pid }
  /// Everything that the broker has logged in all its lives.
  var logged: Data { log.bytes }

  init() throws {
    let place = try BrokerFolder()
    self.place = place
    let key = P256.Signing.PrivateKey()
    let scenario = try place.write(
      Data(JSONWriter.bytes(Self.scenario(password, answer, seed, clientSecret, key))),
      to: "scenario.json")
    simulator = try ServingProgram(simulator: [
      "--scenario", scenario, "--address", "127.0.0.2", "--host", "127.0.0.1", "--port", "0",
    ])
    let ready = try simulator.place()
    guard let origin = ready["origin"]?.string, let port = ready["port"]?.int else {
      throw Trouble("the simulator did not say where it is")
    }
    control = "http://127.0.0.2:\(port)"
    recorder = try Recorder(port: UInt16(port))

    let vaultKey = (0..<32).map { _ in UInt8.random(in: 0...255) }
    let pem = key.pemRepresentation
    func file(_ name: String, _ bytes: Data) throws -> String {
      "file:" + (try place.write(bytes, to: name))
    }
    let configuration = """
      [vault]
      key = "\(try file("vault-key", Data(vaultKey)))"
      \(Self.profile("secret", origin, "0oasecret"))
      client_auth = "client_secret_post"
      client_secret = "\(try file("client-secret", Data(clientSecret.utf8)))"
      \(Self.profile("keyed", origin, "0oakeyed"))
      client_auth = "private_key_jwt"
      private_key = "\(try file("client-key.pem", Data(pem.utf8)))"
      \(Self.profile("bound", origin, "0oabound"))
      dpop = true
      \(Self.profile("service", origin, "0oasecret"))
      client_auth = "client_secret_basic"
      client_secret = "file:\(place.path)/client-secret"
      [profile.service.answers]
      identifier = "\(Self.name)"
      "credentials.passcode" = "\(try file("password", Data(password.utf8)))"
      "credentials.answer" = "\(try file("answer", Data(answer.utf8)))"
      totp = "\(try file("seed", Data(seed.utf8)))"
      """
    try place.configure(configuration)
    canaries = [
      Canary("password", password), Canary("security answer", answer),
      Canary("TOTP seed", seed), Canary("client secret", clientSecret),
      Canary("vault key", vaultKey),
      Canary("private key", Array(key.rawRepresentation)),
      Canary("private key as PEM", String(pem.split(separator: "\n")[1])),
    ]
    try start()
  }

  deinit {
    stop(signal: SIGKILL)
    simulator.stop(signal: SIGKILL)
    place.remove()
  }

  // MARK: The broker

  /// Starts it; returns when it serves its socket.
  ///
  /// - Parameter more: what it has in its environment beside that of the units.
  func start(environment more: [String: String] = [:]) throws {
    let log = log
    // Without backtraces, as the units have it.
    broker = try ServingProgram(
      broker: place.command() + ["--log-level", "trace"],
      environment: more.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }, directory: folder
    ) { log.append($0) }
  }

  /// Ends it by a signal.
  func stop(signal: Int32) {
    broker?.stop(signal: signal)
    broker = nil
  }

  func client() throws -> Client { try Client(path: place.socket) }

  // MARK: The person

  /// Signs in with a wrong password first, then with the right one and a factor.
  func signIn(_ profile: String, factor: String) throws {
    let person = try Person(client: try client())
    let caller = try client()
    let call = try caller.start(
      SessionLogin.self, SessionLogin.Params(profile: profile, timeout: 60))
    let identify = try person.nextPrompt()
    let first = try person.step(identify, "identify", ["identifier": .string(Self.name)])
    let wrong = Self.fresh("wrong+")
    canaries.append(Canary("wrong password", wrong))
    let again = try person.step(
      first, "challenge-authenticator", ["credentials.passcode": .string(wrong)])
    let choice = try person.step(
      again, "challenge-authenticator", ["credentials.passcode": .string(password)])
    let prompt = try person.step(
      choice, "select-authenticator-authenticate", ["authenticator": .string(factor)])
    let (field, value) = try reply(factor)
    let outcome = try person.answer(prompt, "challenge-authenticator", [field: .string(value)])
    guard outcome.outcome == .completed else { throw Trouble("not signed in: \(outcome)") }
    let deadline = Deadline.after(seconds: 20)
    while try caller.result(of: call) == nil {
      guard try caller.receive(until: deadline) != nil else { throw Trouble("no answer came") }
    }
  }

  private func reply(_ factor: String) throws -> (String, String) {
    switch factor {
    case "okta_email":
      guard let code = try ask("outbox").array?.last?["code"]?.string else {
        throw Trouble("nothing was sent")
      }
      canaries.append(Canary("passcode", code))
      return ("credentials.passcode", code)
    default:
      return ("credentials.answer", answer)
    }
  }

  /// Has the issuer go wrong once.
  func strike(_ fault: JSONValue) throws { _ = try ask("faults", fault) }

  private func ask(_ what: String, _ body: JSONValue? = nil) throws -> JSONValue {
    let answer = try FinishedProgram(
      ["curl", "-sS", "--max-time", "20", "\(control)/simulator/\(what)"]
        + (body.map { ["-H", "Content-Type: application/json", "-d", JSONWriter.text($0)] } ?? []))
    return try JSONParser.parse(Array(answer.output))
  }

  // MARK: What passed over the wire

  /// Takes in what the wire has carried; the kinds that it should have and did not.
  func learn() throws -> [String] {
    var missing: [String] = []
    for (kind, pattern) in Self.patterns {
      let values = try recorder.values(pattern)
      if values.isEmpty { missing.append(kind) }
      canaries += values.map { Canary(kind, $0.removingPercentEncoding ?? $0) }
    }
    return missing
  }

  /// Takes in the keys that never leave the broker, from a copy of its vault.
  func learnFromVault() async throws {
    let records = try await VaultCopy.read(
      state, into: folder.path + "/copy", key: .file(folder.path + "/vault-key"))
    let keys = records.values.compactMap { $0[VaultCopy.proofKey] }
    guard !keys.isEmpty else { throw Trouble("no key of bound tokens in the vault") }
    canaries += keys.map { Canary("DPoP key", $0) }
  }

  private static let patterns = [
    ("access token", #""access_token"\s*:\s*"([^"]+)""#),
    ("refresh token", #""refresh_token"\s*:\s*"([^"]+)""#),
    ("ID token", #""id_token"\s*:\s*"([^"]+)""#),
    ("device token", #"DT=([^;\s"]+)"#),
    ("interaction handle", #""interaction_handle"\s*:\s*"([^"]+)""#),
    ("state handle", #""stateHandle"\s*:\s*"([^"]+)""#),
    ("PKCE verifier", #"code_verifier=([^&\s]+)"#),
    ("interaction code", #"interaction_code=([^&\s]+)"#),
    ("client assertion", #"client_assertion=([^&\s]+)"#),
    ("DPoP proof", #"[Dd][Pp]o[Pp]: ?(ey[^\s]+)"#),
  ]

  // MARK: Secrets

  private static func fresh(_ beginning: String) -> String {
    beginning + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
  }

  private static func freshSeed() -> String {
    String((0..<32).compactMap { _ in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".randomElement() })
  }

  private static func profile(_ name: String, _ origin: String, _ client: String) -> String {
    """
    [profile.\(name)]
    issuer = "\(origin)"
    client_id = "\(client)"
    scopes = ["openid", "profile", "offline_access"]
    redirect_uri = "http://127.0.0.1:8765/callback"
    """
  }

  private static func scenario(
    _ password: String, _ answer: String, _ seed: String, _ secret: String,
    _ key: P256.Signing.PrivateKey
  ) -> JSONValue {
    let point = [UInt8](key.publicKey.x963Representation)
    return [
      "name": "canary",
      "people": [
        [
          "identifier": .string(name), "password": .string(password), "first_name": "Ann",
          "last_name": "Example", "totp_seed": .string(seed),
          "question": [
            "key": "disliked_food", "question": "What is the food you least liked as a child?",
            "answer": .string(answer),
          ],
        ]
      ],
      "clients": [
        ["client_id": "0oasecret", "client_secret": .string(secret)],
        [
          "client_id": "0oakeyed",
          "jwks": [
            "keys": [
              [
                "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(point[1..<33])),
                "y": .string(Base64URL.encode(point[33..<65])),
              ]
            ]
          ],
        ],
        ["client_id": "0oabound", "dpop_bound_access_tokens": true],
      ],
      "policy": [
        "identification": "identifier-first",
        "requirements": [
          ["any_of": ["okta_password"], "presentation": "straight"],
          [
            "any_of": ["okta_email", "google_otp", "security_question"], "presentation": "choose",
          ],
        ],
      ],
    ]
  }
}

/// What was said, by whichever thread heard it.
private final class Log: Sendable {
  private let kept = Mutex(Data())
  var bytes: Data { kept.withLock { $0 } }
  func append(_ data: Data) { kept.withLock { $0 += data } }
}
