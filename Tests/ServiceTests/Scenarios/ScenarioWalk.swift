// The way through a scenario by script: prompt after prompt, the form that leads on is filled in with
// what Ann knows. Nothing in it is particular to a scenario but the few lines of the table below: what
// the sign-in is for, what the client is set up with, and how it ends.

import BrokerInterface
import Foundation
import IdentityEngineSimulator
import JSON
import JSONRPC
import Prompts
import RemedyClient
import SimulatedPeople
import TestSupport

/// How one scenario is walked.
struct ScenarioPlan: Sendable {
  /// How it ends.
  enum Ending: Equatable {
    case tokens
    /// Without tokens, and as it should.
    case words
    /// With a link in a mail, whose token signs in.
    case activation
    /// The issuer refuses: what it takes is not on this machine.
    case refusal
    /// There is no way on, and the sign-in is taken back.
    case deadEnd
  }

  var flow = SessionLogin.Flow.authenticate
  var ending = Ending.tokens
  /// Remediations that are taken before all others.
  var prefers: [String] = []
  /// Parts of ids of the choices that are taken before all others, or though they may be left out.
  var chooses: [String] = []
  /// Lines of the profile; may put files into the folder.
  var settings: @Sendable (URL) throws -> String = { _ in "" }

  /// The plan of a scenario; what is not in the table signs in, by the first way that leads on.
  static func plan(for scenario: String) -> ScenarioPlan { particular[scenario] ?? ScenarioPlan() }

  static let particular: [String: ScenarioPlan] = [
    "registration": ScenarioPlan(flow: .register),
    "registration-activation": ScenarioPlan(flow: .register, ending: .activation),
    "recovery": ScenarioPlan(flow: .recover),
    "recovery-then-sign-in": ScenarioPlan(flow: .recover, ending: .words),
    "unlock": ScenarioPlan(flow: .unlock, ending: .words),
    "unlock-landing": ScenarioPlan(flow: .unlock),
    "unlock-okta-verify": ScenarioPlan(flow: .unlock, ending: .words),
    "registration-typed": ScenarioPlan(flow: .register),
    "activation-expired": ScenarioPlan(flow: .register, ending: .words),
    "recovery-phone": ScenarioPlan(flow: .recover),
    "recovery-okta-verify": ScenarioPlan(flow: .recover),
    "apple-sso-only": ScenarioPlan(ending: .refusal),
    "access-denied": ScenarioPlan(ending: .refusal),
    "smart-card-only": ScenarioPlan(ending: .deadEnd),
    "nfc-badge": ScenarioPlan(ending: .deadEnd),
    "fastpass": ScenarioPlan(
      prefers: ["select-authenticator-authenticate"], chooses: ["push"]),
    "fastpass-only": ScenarioPlan(ending: .deadEnd),
    "device-challenge-only": ScenarioPlan(ending: .refusal),
    "launch-authenticator-only": ScenarioPlan(ending: .deadEnd),
    "enroll-smart-card": ScenarioPlan(ending: .deadEnd),
    "social": ScenarioPlan(prefers: ["redirect-idp"]),
    "social-par": ScenarioPlan(prefers: ["redirect-idp"]),
    "private-key-jwt": ScenarioPlan { folder in
      let file = folder.appendingPathComponent("client-key.pem")
      try FileManager.default.copyItem(at: ClientAuthenticationTests.demoKey, to: file)
      chmod(file.path, 0o600)
      return """
        client_auth = "private_key_jwt"
        private_key = "file:\(file.path)"
        private_key_id = "demo"
        """
    },
    "client-secret-jwt": ScenarioPlan { folder in
      let file = folder.appendingPathComponent("client-secret")
      try "simulated-client-secret-of-no-worth".write(to: file, atomically: true, encoding: .utf8)
      chmod(file.path, 0o600)
      return """
        client_auth = "client_secret_jwt"
        client_secret = "file:\(file.path)"
        """
    },
    "dpop": ScenarioPlan { _ in "dpop = true" },
  ]
}

/// One walk over the socket.
struct ScenarioWalk {
  private static let mostSteps = 60
  /// Prompts after which a way that leads nowhere is left.
  private static let patience = 8
  /// What a person chooses who wants something else than to go on.
  private static let detours: Set = [
    "select-enroll-profile", "unlock-account", "select-identify", "cancel-transaction",
  ]

  let household: Household
  let plan: ScenarioPlan
  private var knowledge: Knowledge
  private var habits: AnnsHabits
  /// Titles of the prompts, for whoever has to find out where it went astray.
  private var trace: [String] = []

  init(_ household: Household, _ scenario: Scenario, _ plan: ScenarioPlan) throws {
    self.household = household
    self.plan = plan
    knowledge = try Knowledge(scenario.people, household.outside, who: Ann.name)
    habits = AnnsHabits(preferences: plan.chooses)
  }

  /// Walks to the end.
  ///
  /// - Throws: `Trouble`, with the way so far, where there is no way on or it ends otherwise than
  ///   the plan says.
  mutating func run() throws {
    do {
      let result = try signIn(SessionLogin.Params(profile: "demo", flow: plan.flow, timeout: 60))
      switch plan.ending {
      case .tokens: try expectTokens(result)
      case .refusal, .deadEnd: throw Trouble("a session: \(result)")
      case .words: try expectWords(result)
      case .activation:
        try expectWords(result)
        guard let token = try household.outside.newestToken() else {
          throw Trouble("no mail brought a token")
        }
        try expectTokens(
          signIn(
            SessionLogin.Params(
              profile: "demo", activationToken: .init(token), timeout: 60)))
      }
    } catch let error as RPCError
      where plan.ending.reason != nil && error.reason == plan.ending.reason
    {
      return
    } catch {
      throw Trouble("\(error)\nafter: \(trace.joined(separator: " → "))")
    }
  }

  private func expectTokens(_ result: SessionLogin.Result) throws {
    guard result.session?.state == .active else { throw Trouble("no session: \(result)") }
    let token = try household.client().call(
      TokenGet.self, TokenGet.Params(profile: "demo", interaction: .never))
    guard !token.accessToken.exposedText().isEmpty else { throw Trouble("an empty token") }
  }

  private func expectWords(_ result: SessionLogin.Result) throws {
    guard result.session == nil, !result.messages.isEmpty else {
      throw Trouble("not the words alone: \(result)")
    }
  }

  private mutating func signIn(_ params: SessionLogin.Params) throws -> SessionLogin.Result {
    let prompter = try Prompter(household, params)
    var event = try prompter.next()
    for step in 0..<Self.mostSteps {
      switch event {
      case .ended(let result): return try result.get()
      case .prompt(let prompt) where plan.ending == .deadEnd && step == Self.patience:
        event = try prompter.cancel(prompt)
      case .prompt(let prompt):
        event = try goOn(from: prompt, prompter)
      }
    }
    throw Trouble("no end after \(Self.mostSteps) prompts")
  }

  private mutating func goOn(
    from prompt: Prompt, _ prompter: Prompter
  ) throws -> Prompter.Event {
    trace.append(prompt.content.title)
    let errors = prompt.words.filter { _ in prompt.content.messages.contains { $0.level == .error }
    }
    if !errors.isEmpty { trace.append(errors.joined(separator: "; ")) }
    for form in ranked(prompt.content.forms) {
      switch form.kind {
      case .poll:
        for request in try household.outside.waiting(of: Ann.name) {
          let number = prompt.content.context["number_challenge"]?.string
          guard request.choices.isEmpty || number != nil else { continue }
          _ = try household.outside.decide(request.path, approve: true, number: number)
        }
        return try prompter.next()
      case .browser:
        guard let url = form.url,
          let back = try household.outside.visit(url, as: Ann.name, "approve")
        else { continue }
        try household.browse(back)
        return try prompter.next()
      case .form, .action, .unsupported:
        guard
          let fields = try knowledge.fields(of: form, in: prompt.content, by: &habits)
        else { continue }
        return try prompter.answer(prompt, form.id, fields)
      }
    }
    if plan.ending == .deadEnd { return try prompter.cancel(prompt) }
    throw Trouble("nothing leads on from \(prompt.content.forms.map(\.id)): \(prompt.words)")
  }

  /// The forms in the order in which they are tried: what asks something; what goes on by itself;
  /// another choice; a browser; what asks nothing.
  private func ranked(_ forms: [Form]) -> [Form] {
    func rank(_ form: Form) -> Int? {
      if plan.prefers.contains(form.remediation) { return 0 }
      if Self.detours.contains(form.remediation) { return nil }
      switch form.kind {
      // What is under way comes before what is preferred after it.
      case .poll: return plan.prefers.isEmpty ? 2 : 0
      case .browser: return 4
      // What hangs on the authenticator leads aside: another code, another push.
      case .action: return form.remediation.contains(".") ? nil : 5
      // Only its own browser could follow it.
      case .unsupported where form.url != nil && form.fields.isEmpty: return nil
      case .form, .unsupported:
        return form.remediation.hasPrefix("select-") ? 3 : 1
      }
    }
    return forms.enumerated().compactMap { place, form in
      rank(form).map { (rank: $0, place: place, form: form) }
    }.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.map(\.form)
  }
}

extension ScenarioPlan.Ending {
  /// The error that the sign-in ends with.
  fileprivate var reason: Reason? {
    switch self {
    case .tokens, .words, .activation: nil
    case .refusal: .transactionFailed
    case .deadEnd: .transactionCancelled
    }
  }
}
