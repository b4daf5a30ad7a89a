// One recording, walked by the daemon: a caller that wants a session, and a prompter that answers
// every prompt so that the next recorded request is made.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient

/// A prompter that knows what was recorded.
final class SequenceWalk {
  /// How a walk ended.
  enum End: Sendable {
    case tokens
    /// The engine ended it, with these messages.
    case terminal([String])
    /// Everything that was recorded and can be reached was served, and a prompt is open.
    case endOfRecording
    case cancelled
    /// What comes next in the recording is no answer to anything that is offered.
    case notFollowable(String)
    /// Not one of the above: a fault of the broker's, or of this test's.
    case unexplained(String)

    var words: String {
      switch self {
      case .tokens: "tokens"
      case .terminal(let messages): "terminal: " + messages.joined(separator: ", ")
      case .endOfRecording: "end of recording"
      case .cancelled: "cancelled at the issuer"
      case .notFollowable(let why): "not followable: " + why
      case .unexplained(let what): "UNEXPLAINED: " + what
      }
    }
  }

  private struct Ended: Error { var end: End }

  private let issuer: ReplayedIssuer
  private let profile: String
  private let client: Client
  private var call: PendingCall<SessionLogin>?
  private var prompt: Prompt?

  init(_ issuer: ReplayedIssuer, profile: String, _ broker: String) throws {
    self.issuer = issuer
    self.profile = profile
    client = try Client(path: broker)
  }

  func run() -> End {
    do {
      _ = try client.call(PromptAttach.self, PromptAttach.Params(profiles: [profile]))
      try login()
      while true { try step() }
    } catch let ended as Ended {
      return ended.end
    } catch {
      return .unexplained("\(error)")
    }
  }

  private func login() throws {
    prompt = nil
    call = try client.start(
      SessionLogin.self, SessionLogin.Params(profile: profile, force: true, timeout: 100))
  }

  // MARK: One step

  private func step() throws {
    try settle()
    let view = issuer.view()
    guard let newest = view.newest, let prompt else { return }
    if !newest.answer.isIDX { try leave(Self.noAnswer(newest.answer)) }
    for next in view.next {
      if try follow(next, from: newest.answer, prompt, view) { return }
    }
    if issuer.recording.order == .declared, let next = view.next.first {
      issuer.skip()
      // Where nothing after it can be followed either, this is why.
      if issuer.view().next.isEmpty {
        try leave(.notFollowable("nothing before offers \(next.path)"))
      }
      return
    }
    try leave(.endOfRecording)
  }

  /// Goes on to a recorded step; `false` where nothing leads there.
  private func follow(
    _ next: Recording.Step, from answer: RecordedAnswer, _ prompt: Prompt,
    _ view: ReplayedIssuer.View
  ) throws -> Bool {
    if next.path.hasSuffix("/v1/interact") {
      try cancel()
      try login()
      return true
    }
    if next.path == "/idp/idx/introspect" { return try readAgain(prompt) }
    if next.path == "/idp/idx/cancel" {
      guard answer.json["cancel"] != nil, issuer.recording.order == .routes || issuer.nextLeadsOn
      else { return false }
      try cancel()
      guard issuer.waitForStep(beyond: view.walked, seconds: 20) else {
        throw Ended(end: .unexplained("the issuer did not hear of the cancel"))
      }
      if issuer.recording.order == .routes || issuer.view().next.isEmpty {
        throw Ended(end: .cancelled)
      }
      try login()
      return true
    }
    let offers = answer.offers.filter { next.matches($0.path) && !$0.isLink }
    if offers.contains(where: \.isPoll) {
      guard issuer.waitForStep(beyond: view.walked, seconds: 20) else {
        throw Ended(end: .unexplained("the broker does not poll"))
      }
      return true
    }
    guard let offer = offers.first else { return false }
    guard let form = form(of: offer, in: answer, prompt) else {
      throw Ended(end: .unexplained("\(offer.name) is in the answer and not in the prompt"))
    }
    try submit(form, prompt, expecting: next.answer)
    guard issuer.waitForStep(beyond: view.walked, seconds: 20) else {
      // A poll may have moved the run on before the form arrived.
      return issuer.view().newest?.index != view.newest?.index
    }
    return true
  }

  /// Has the broker ask where the run stands: by saying that the browser is done, or by a gateway
  /// that loses an answer on its way.
  private func readAgain(_ prompt: Prompt) throws -> Bool {
    let forms = prompt.content.forms
    if let form = forms.first(where: { $0.kind == .browser }) {
      try answer(form, [:], prompt)
      return true
    }
    guard let form = forms.first(where: { $0.kind == .form || $0.kind == .action }),
      let answer = issuer.view().newest?.answer
    else { return false }
    issuer.loseNextAnswer()
    try submit(form, prompt, expecting: answer)
    return true
  }

  /// The form of the prompt that stands for an offer: of several with one name, that in the same
  /// place.
  private func form(of offer: RecordedAnswer.Offer, in answer: RecordedAnswer, _ prompt: Prompt)
    -> Form?
  {
    let place = answer.offers.filter { $0.name == offer.name }
      .firstIndex { $0.path == offer.path && $0.isRemediation == offer.isRemediation }
    let forms = prompt.content.forms.filter { Self.name(of: $0) == offer.name }
    guard let place, forms.indices.contains(place) else { return forms.first }
    return forms[place]
  }

  private static func name(of form: Form) -> String {
    form.id.split(separator: ":").first.map(String.init) ?? form.id
  }

  private func submit(_ form: Form, _ prompt: Prompt, expecting next: RecordedAnswer) throws {
    let sheet = AnswerSheet(next: next, webauthn: prompt.content.context["webauthn"])
    try answer(form, sheet.fields(form.fields), prompt)
  }

  private func answer(_ form: Form, _ fields: JSONObject, _ prompt: Prompt) throws {
    do {
      let outcome = try client.call(
        PromptAnswer.self,
        PromptAnswer.Params(prompt: prompt.id, answer: Answer(form: form.id, fields: fields)),
        onNotification: { note($0) })
      if let next = outcome.prompt { self.prompt = next }
      if outcome.outcome != .prompt { self.prompt = nil }
    } catch CallFault.refused(let error) {
      if error.reason == .promptStale { return }
      try refused(error)
    }
  }

  /// An error while the prompt stays open: in order where what was recorded is one.
  private func refused(_ error: RPCError) throws {
    guard let answer = issuer.view().newest?.answer, !answer.isIDX else {
      throw Ended(end: .unexplained("\(error.code) \(error.message)"))
    }
    let isSaid = answer.words.contains { error.message.contains($0) }
    try leave(
      isSaid || answer.words.isEmpty
        ? Self.noAnswer(answer)
        : .unexplained("the issuer's words are lost: \(error.message)"))
  }

  private static func noAnswer(_ answer: RecordedAnswer) -> End {
    .notFollowable("\(answer.entry.file) stands here, which is no answer of the engine")
  }

  private func cancel() throws {
    let deadline = Deadline.after(seconds: 20)
    // A poll may have put another prompt in the place of this one meanwhile.
    while let open = prompt, try isStale(open) {
      while prompt?.id == open.id {
        guard let arrival = try client.receive(until: deadline) else {
          throw Ended(end: .unexplained("a prompt is stale, and no other comes"))
        }
        try note(arrival)
      }
    }
    guard let call else { return }
    do {
      while try client.result(of: call) == nil {
        guard let arrival = try client.receive(until: deadline) else {
          throw Ended(end: .unexplained("a cancelled call does not end"))
        }
        if case .notification(let notification) = arrival { note(notification) }
      }
    } catch CallFault.refused {}
    self.call = nil
  }

  /// Cancels a prompt; whether it was no longer open.
  private func isStale(_ prompt: Prompt) throws -> Bool {
    do {
      _ = try client.call(
        PromptCancel.self, PromptCancel.Params(prompt: prompt.id), onNotification: { note($0) })
      return false
    } catch {
      guard case .refused(let refusal) = error, refusal.reason == .promptStale else { throw error }
      return true
    }
  }

  /// Leaves nothing open at the broker.
  private func leave(_ end: End) throws -> Never {
    try cancel()
    throw Ended(end: end)
  }

  // MARK: What the broker says

  /// Waits until the prompt is that of the newest answer, or the call has ended.
  private func settle() throws {
    let deadline = Deadline.after(seconds: 20)
    while true {
      while let arrival = try client.receive(until: .now) { try note(arrival) }
      try checkCall()
      if isSettled { return }
      // An answer can be served anew while nothing changes for a prompter: so look twice a second.
      if let arrival = try client.receive(until: min(deadline, .after(seconds: 0.5))) {
        try note(arrival)
      } else if deadline.hasPassed {
        let file = issuer.view().newest?.answer.entry.file ?? "nothing"
        throw Ended(end: .unexplained("no prompt of \(file) comes"))
      }
    }
  }

  /// Whether every remediation of the newest answer is in the prompt.
  private var isSettled: Bool {
    guard let prompt, let newest = issuer.view().newest?.answer, newest.isAlive else {
      return prompt != nil && issuer.view().newest.map { !$0.answer.isIDX } == true
    }
    var names = prompt.content.forms.map { Self.name(of: $0) }
    for offer in newest.offers where offer.isRemediation {
      guard let index = names.firstIndex(of: offer.name) else { return false }
      names.remove(at: index)
    }
    return true
  }

  private func note(_ arrival: Arrival) throws {
    if case .notification(let notification) = arrival { note(notification) }
  }

  private func note(_ notification: BrokerNotification) {
    switch notification {
    case .show(let show): prompt = show.prompt
    case .update(let update): prompt = update.prompt
    case .withdraw(let withdraw):
      if withdraw.prompt == prompt?.id { prompt = nil }
    case .changed, .gone, .unknown: break
    }
  }

  /// Ends the walk where the call has ended.
  private func checkCall() throws {
    guard let call else { return }
    do {
      guard let result = try client.result(of: call) else { return }
      throw Ended(end: try signedIn(result))
    } catch CallFault.refused(let error) {
      throw Ended(end: ended(error))
    }
  }

  private func signedIn(_ result: SessionLogin.Result) throws -> End {
    guard result.session?.subject == "00ureplay" else {
      return .unexplained("the session is not the issuer's subject's")
    }
    let token = try client.call(TokenGet.self, TokenGet.Params(profile: profile))
    guard let issued = issuer.view().issuedToken, token.accessToken.exposedText() == issued
    else { return .unexplained("the token is not the one that was issued") }
    return .tokens
  }

  /// Whether the recording ends so, too.
  private func ended(_ error: RPCError) -> End {
    guard let newest = issuer.view().newest else {
      let isRecorded = issuer.recording.steps.contains { $0.path == "/idp/idx/introspect" }
      return isRecorded
        ? .unexplained("\(error.code) \(error.message)")
        : .notFollowable("no introspection is recorded")
    }
    let answer = newest.answer
    let step = issuer.recording.steps[newest.index]
    if !answer.isIDX {
      let isSaid = answer.words.contains { error.message.contains($0) }
      return isSaid && (step.status != 200 || answer.entry.kind != "idx")
        ? .terminal(["\(step.path) answers \(step.status) \(answer.words.first ?? "")"])
        : .unexplained("\(error.code) \(error.message)")
    }
    guard answer.isTerminal || answer.isBrowserSuccess,
      error.reason == .transactionFailed || error.reason == .transactionExpired
    else { return .unexplained("\(error.code) \(error.message)") }
    if answer.isBrowserSuccess { return .terminal(["it goes on in a browser"]) }
    // Every message arrives, in its order.
    let said = error.messages.map { $0.key ?? $0.text }
    guard error.reason == .transactionExpired || answer.messageKeys.allSatisfy(said.contains) else {
      return .unexplained("of \(answer.messageKeys) arrived \(said)")
    }
    return .terminal(answer.messageKeys.isEmpty ? said : answer.messageKeys)
  }
}
