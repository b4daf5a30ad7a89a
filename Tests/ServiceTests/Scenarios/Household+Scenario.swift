// A household of one of the simulator's own scenarios, changed in what would make a test slow or have
// it meet another: how often is polled, and the port that a browser comes back to.

import BrokerInterface
import Foundation
import IdentityEngineSimulator
import RemedyClient
import SimulatedPeople
import TestSupport

extension Household {
  /// Starts a household whose clients have a redirect URI of their own.
  ///
  /// - Parameters:
  ///   - seed: handles and codes follow from it.
  ///   - settings: further lines of the profile; it may put files into the folder.
  convenience init(
    of scenario: Scenario, seed: UInt64, settings: (URL) throws -> String = { _ in "" }
  ) throws {
    var scenario = scenario
    // The least that the broker obeys.
    scenario.switches.pollMilliseconds = 500
    let file = URL(fileURLWithPath: "/tmp/remedy-scenario-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try JSONEncoder().encode(scenario).write(to: file)
    try self.init(
      scenario: file.path, redirectURI: "http://127.0.0.1:\(try FreePort.find())/callback",
      seed: seed,
      settings: settings)
  }

  /// Begins anew: the issuer forgets everything, and nobody is signed in.
  func beginAnew() throws {
    _ = try client().call(
      SessionLogout.self, SessionLogout.Params(profile: "demo", localOnly: true))
    try outside.post("reset", [:])
  }
}
