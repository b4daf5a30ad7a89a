// A scenario of a test's own for the simulator, as a file.

import Foundation
import JSON

/// A file that lives as long as this value.
final class ScenarioFile {
  let path = "/tmp/remedy-scenario-\(UUID().uuidString.prefix(8)).json"

  init(_ scenario: JSONValue) throws {
    try Data(JSONWriter.bytes(scenario)).write(to: URL(fileURLWithPath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Password, then a push that is polled for at this interval.
  static func push(
    pollMilliseconds: Int, numberAfterPolls: Int? = nil
  ) throws -> ScenarioFile {
    var switches: JSONObject = ["poll_milliseconds": .int(pollMilliseconds)]
    if let numberAfterPolls {
      switches["number_challenge"] = true
      switches["number_challenge_polls"] = .int(numberAfterPolls)
    }
    return try ScenarioFile([
      "name": "quick-push", "sentence": "Password, then a push that is asked after often.",
      "policy": [
        "identification": "identifier-first",
        "requirements": [
          ["any_of": ["okta_password"], "presentation": "straight"],
          ["any_of": ["okta_verify"], "presentation": "straight"],
        ],
      ],
      "switches": .object(switches),
    ])
  }
}
