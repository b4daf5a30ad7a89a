// A sign-in at one of a test's own issuers, as one person has it.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient
import TestSupport

/// What the person answered came to nothing, and the prompt is there again.
struct AskedAgain: Error {}

/// One person's sign-in, from the call to what came of it.
final class IssuerVisit {
  let client: Client
  let login: PendingCall<SessionLogin>
  private(set) var prompt: Prompt?

  init(_ socket: String, _ profile: String) throws {
    client = try Client(path: socket)
    _ = try client.call(PromptAttach.self, PromptAttach.Params(profiles: [profile]))
    login = try client.start(
      SessionLogin.self, SessionLogin.Params(profile: profile, force: true, timeout: 60))
  }

  /// Waits for the prompt.
  func begin() throws -> Prompt {
    let deadline = Deadline.after(seconds: 30)
    while true {
      if let prompt { return prompt }
      guard try client.result(of: login) == nil else { throw Trouble("no prompt was needed") }
      guard let arrival = try client.receive(until: deadline) else { throw Trouble("no prompt") }
      if case .notification(let notification) = arrival { note(notification) }
    }
  }

  func answer(_ form: String, _ fields: JSONObject) throws -> AnswerOutcome {
    try client.call(
      PromptAnswer.self,
      PromptAnswer.Params(prompt: try begin().id, answer: Answer(form: form, fields: fields)),
      onNotification: { self.note($0) })
  }

  /// Ends with a session, or throws what it failed with.
  func identify() throws -> SessionSummary {
    let outcome = try answer("identify", ["identifier": "ann"])
    if let error = outcome.error { throw CallFault.refused(error) }
    guard outcome.outcome == .completed else { throw AskedAgain() }
    return try session()
  }

  func session() throws -> SessionSummary {
    let deadline = Deadline.after(seconds: 30)
    while true {
      if let session = try client.result(of: login)?.session { return session }
      guard try client.receive(until: deadline) != nil else { throw Trouble("no session") }
    }
  }

  func note(_ notification: BrokerNotification) {
    if case .show(let show) = notification { prompt = show.prompt }
  }

  /// The configuration of a broker with these profiles, all as the same client.
  static func configuration(
    _ profiles: [(name: String, issuer: WatchedIssuer, settings: String)],
    redirectURI: String = "com.example.app:/callback"
  ) -> String {
    profiles.reduce("[limits]\nconnections_per_uid = 1000\ntransactions_per_uid = 1000\n") {
      $0 + """

        [profile.\($1.name)]
        issuer = "\($1.issuer.origin)"
        client_id = "\(PlainIssuer.client)"
        redirect_uri = "\(redirectURI)"
        scopes = ["openid", "offline_access"]
        \($1.settings)

        """
    }
  }
}
