// The real thing for a test: the built daemon and the built simulator as processes, in a folder of
// their own, talking over real sockets, with TLS between them unless a test says otherwise.

import BrokerInterface
import Foundation
import JSON
import Prompts
import RemedyClient
import SimulatedPeople
import TestSupport

/// A broker, its issuer, and the folder they live in; both end with it.
final class Household {
  let place: BrokerFolder
  let origin: String
  private let simulator: ServingProgram
  private var daemon: ServingProgram?
  private let profile: String
  /// The certificate of the issuer's authority.
  let authority: String

  var folder: URL { place.url }
  var socket: String { place.socket }
  /// The broker's process, while it runs.
  var daemonPID: Int32? { daemon?.pid }

  /// Starts the simulator with a scenario, and the broker with one profile, `demo`, for it.
  ///
  /// - Parameters:
  ///   - redirectURI: what the client has registered; a test that is sent to a browser has a port of
  ///     its own.
  ///   - preamble: what stands before the profile in the configuration.
  ///   - seed: a number from which the simulator's handles and codes follow.
  ///   - settings: further lines of the profile; it may put files into the folder.
  init(
    scenario: String, scopes: String = #""openid", "profile", "offline_access""#,
    redirectURI: String = "http://127.0.0.1:8765/callback",
    preamble: String = "", seed: UInt64? = nil, settings: (URL) throws -> String = { _ in "" }
  ) throws {
    place = try BrokerFolder()
    simulator = try ServingProgram(
      simulator: [
        "--scenario", scenario, "--port", "0", "--tls", place.path, "--redirect-uri", redirectURI,
      ] + (seed.map { ["--seed", String($0)] } ?? []))
    let ready = try simulator.place()
    guard let origin = ready["origin"]?.string, let authority = ready["ca_file"]?.string,
      let client = ready["client_id"]?.string
    else {
      throw Trouble("the simulator did not say where it is")
    }
    self.origin = origin
    self.authority = authority
    profile = """
      [profile.demo]
      issuer = "\(origin)"
      client_id = "\(client)"
      scopes = [\(scopes)]
      redirect_uri = "\(redirectURI)"
      ca_file = "\(authority)"
      \(try settings(place.url))
      """
    chmod(authority, 0o644)
    try configure(preamble: preamble)
    try startDaemon()
  }

  /// Writes the configuration; the next start reads it.
  func configure(preamble: String) throws {
    try place.configure(preamble + profile)
  }

  deinit {
    stopDaemon(signal: SIGKILL)
    simulator.stop(signal: SIGTERM)
    place.remove()
  }

  /// Starts the broker; returns when it serves its socket.
  ///
  /// - Parameter environment: what it has beside that of the tests.
  func startDaemon(environment: [String: String] = [:]) throws {
    daemon = try ServingProgram(broker: place.command(), environment: environment)
  }

  func stopDaemon(signal: Int32 = SIGTERM) {
    daemon?.stop(signal: signal)
    daemon = nil
  }

  func client() throws -> Client { try Client(path: socket) }

  // MARK: The issuer

  /// Has the issuer go wrong; see the simulator's faults.
  func strike(_ fault: JSONValue) throws { try outside.post("faults", fault) }

  func advanceClock(seconds: Int) throws {
    try outside.post("clock", ["advance_seconds": .int(seconds)])
  }

  /// How many requests the issuer has had at paths that end so.
  func count(_ ending: String) throws -> Int {
    let counts = try outside.get("counts").object?.members ?? []
    return counts.filter { $0.name.hasSuffix(ending) }.reduce(0) { $0 + ($1.value.int ?? 0) }
  }

  /// What was sent, newest last.
  func outbox() throws -> [JSONValue] { try outside.get("outbox").array ?? [] }

  /// The issuer's log of events, oldest first.
  func log() throws -> [JSONValue] { try outside.get("log").array ?? [] }

  /// Every request that the issuer has had, oldest first: `method`, `path`, `status`, `at`.
  func requests() throws -> [JSONValue] { try outside.get("requests").array ?? [] }

  /// Plays the phone that the newest push came to; `number` is the one that is chosen on it.
  func decidePush(approve: Bool, number: String? = nil) throws {
    guard let push = try outside.get("pushes").array?.last?["number"]?.int else {
      throw Trouble("no push came")
    }
    try outside.decide("pushes/\(push)", approve: approve, number: number)
  }

  func newestCode() throws -> String {
    guard let code = try outbox().last?["code"]?.string else { throw Trouble("nothing was sent") }
    return code
  }
}
