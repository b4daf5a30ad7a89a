// What a person does with a prompt: which form is taken, and what is put into it.

import Foundation
import IdentityEngineSimulator
import JSON
import Prompts
import SimulatedPeople
import TestSupport

extension Walk {
  /// What leads away from a sign-in that somebody wants to get through with.
  private static let detours: Set = [
    "select-enroll-profile", "unlock-account", "select-identify", "cancel-transaction",
  ]

  /// Takes one of the forms. Gives the end where there is one.
  func act(on prompt: Prompt) throws -> WalkEnd? {
    let forms = prompt.content.forms
    // Half of an answer is taken: the other half comes next.
    for form in forms where Knowledge.isHalfAnswered(form, prompt.content) { tries[key(form)] = 0 }
    let order = chance(manner.wanders) ? forms.shuffled(using: &random) : ranked(forms)
    for form in order {
      tries[key(form), default: 0] += 1
      switch form.kind {
      case .poll:
        return try waitForPhone(form, prompt)
      case .browser:
        if let end = try openBrowser(form, prompt) { return end.end }
      case .form, .action, .unsupported:
        if let end = try fill(form, prompt) { return end.end }
      }
    }
    if let seconds = knowledge.secondsToNextCode {
      note("waits \(Int(seconds)) s for the next code")
      try wait(seconds)
      return nil
    }
    let isImpossible = prompt.content.messages.contains { $0.key == "remedy.unsupported" }
    guard !manner.isDiligent || isImpossible else {
      throw Trouble("nothing leads on from \(forms.map(\.id)) for somebody who knows everything")
    }
    return try cancel(prompt)
  }

  /// The forms in the order in which somebody tries them who wants to get on: what asks something;
  /// what goes on by itself; another choice; a browser; what asks nothing. What has not helped before
  /// comes later.
  private func ranked(_ forms: [Form]) -> [Form] {
    func rank(_ form: Form) -> Int {
      if Self.detours.contains(form.remediation) { return 100 }
      let tired = max(0, tries[key(form), default: 0] - 2) * 3
      switch form.kind {
      case .poll: return 2 + tired / 6
      case .browser: return 4 + tired
      // What hangs on the authenticator leads aside: another code, another push.
      case .action: return (form.remediation.contains(".") ? 9 : 5) + tired
      case .unsupported: return 8 + tired
      case .form:
        let isChoice = form.remediation.hasPrefix("select-authenticator")
        return (isChoice ? 3 : form.remediation.contains(".") ? 9 : 1) + tired
      }
    }
    return forms.enumerated().sorted {
      (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
    }.map(\.element)
  }

  /// What is the same when the same is asked again.
  private func key(_ form: Form) -> String {
    form.id + form.fields.flatMap { [$0.name] + $0.choices.map(\.id) }.joined(separator: "|")
  }

  /// Something was done; and perhaps that was the end.
  struct Done { var end: WalkEnd? }

  // MARK: Forms

  private func fill(_ form: Form, _ prompt: Prompt) throws -> Done? {
    let isRight = chance(manner.right)
    let agrees = !chance(manner.denies)
    let fields = try knowledge.fields(
      of: form, in: prompt.content, by: &habits, right: isRight, agreeing: agrees)
    guard let fields else { return nil }
    note("answers \(form.id)\(isRight ? "" : ", wrong"): \(JSONWriter.text(.object(fields)))")
    let reply = try house.answer(prompter, prompt.id, Answer(form: form.id, fields: fields))
    switch reply {
    case .prompt(let next):
      answered(prompt)
      let words =
        next.content.messages.map(\.text)
        + next.content.forms.flatMap { $0.fields.flatMap { $0.messages.map(\.text) } }
      note("  “\(next.content.title)” \(words) \(next.content.forms.map(\.id))")
      return Done()
    case .over(let ending):
      let told = try ended()
      return Done(end: try told ?? judge(ending))
    case .stale:
      // A poll was faster, and has shown the next one.
      note("  it is gone")
      guard house.issuerRequests == nil else { throw Trouble("a prompt that is open is stale") }
      return Done()
    case .unfit(let why):
      // What a security key has not signed is seen here already.
      guard !isRight || why.contains("credentials.") && !agrees else {
        throw Trouble("an answer that fits is refused: \(why)")
      }
      note("  unfit: \(why)")
      return Done()
    case .refused(let what):
      throw Trouble("an answer is met with \(what)")
    }
  }

  // MARK: Phones and mails

  private func waitForPhone(_ form: Form, _ prompt: Prompt) throws -> WalkEnd? {
    let person = knowledge.person(prompt.content)
    for request in try house.outside.waiting(of: person) {
      let shown = prompt.content.context["number_challenge"]?.string
      let isRight = chance(manner.right)
      let number = isRight ? shown : request.choices.randomElement(using: &random)
      guard request.choices.isEmpty || number != nil else { continue }
      let approves = !chance(manner.denies)
      note("\(approves ? "approves" : "denies") \(request.path) \(number ?? "")")
      try house.outside.decide(request.path, approve: approves, number: number)
    }
    if prompt.content.context["useEmailMagicLink"] == .bool(true), chance(60) {
      let decision = chance(manner.denies) ? "deny" : "approve"
      note("\(decision): the link in the mail")
      try house.outside.answerMail(of: person, decision)
    }
    note("waits for \(form.id)")
    try wait((form.interval ?? 4) + 0.1)
    return try ended()
  }

  // MARK: Browsers

  private func openBrowser(_ form: Form, _ prompt: Prompt) throws -> Done? {
    guard let url = form.url, !deadBrowsers.contains(form.id) else { return nil }
    let person = knowledge.person(prompt.content)
    let decision = chance(manner.denies) ? "deny" : chance(70) ? "approve" : "more"
    guard let back = try house.outside.visit(url, as: person, decision) else {
      note("the browser goes no further from \(form.id)")
      deadBrowsers.insert(form.id)
      return nil
    }
    note("in a browser at \(form.id): \(decision)")
    var fields: JSONObject = [:]
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<5:
      _ = try house.outside.exchange("GET", back, nil, "")
      try house.pass(seconds: 0.5)
      // In real time the broker takes as long as the machine lets it to ask what came of it.
      for _ in 0..<20 where house.issuerRequests == nil {
        if let end = try ended() { return Done(end: end) }
        guard try house.open(prompter)?.id == prompt.id else { break }
        try house.pass(seconds: 0.5)
      }
      return Done(end: try ended())
    case 5..<9: fields["callback_url"] = .string(back)
    default: break  // Only says that it is done.
    }
    let reply = try house.answer(prompter, prompt.id, Answer(form: form.id, fields: fields))
    switch reply {
    case .prompt(let next):
      answered(prompt)
      note("  “\(next.content.title)” \(next.content.messages.map(\.text))")
      return Done()
    case .over(let ending): return Done(end: try ended() ?? judge(ending))
    case .stale, .unfit, .refused: throw Trouble("the way back from a browser is met with \(reply)")
    }
  }
}
