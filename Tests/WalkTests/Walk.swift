// One walk: a person of some kind, before an organisation that was put together by chance, until it
// ends. Everything that is decided follows from the seed.
//
// 1. After each step the prompt is looked at: it can be answered, it has lost nothing, and everybody
//    who is attached sees the same.
// 2. An answer that does not fit its form is refused, costs nothing, and changes nothing.
// 3. Whoever does everything right gets to an end without needing luck; everybody else gives up at
//    some time, which is an end too.

import Foundation
import IdentityEngineSimulator
import JSON
import Prompts
import SimulatedPeople
import TestSupport

/// How a walk ended.
enum WalkEnd: String, CaseIterable, Sendable {
  case tokens, words, terminal, cancelled, abandoned, expired
}

/// A person on the way.
final class Walk {
  let house: any House
  let scenario: Scenario
  let manner: Manner
  var random: SeededDice
  var knowledge: Knowledge
  var habits: WalkHabits
  /// What was done so far, a line a step.
  private(set) var trace: [String] = []
  /// The remediations that were offered.
  private(set) var offered: Set<String> = []
  var prompter = 0
  private var attached: [Int] = []
  private var lastAnswered: PromptID?
  var tries: [String: Int] = [:]
  private var hasCaller = true
  private var linksFollowed = 0
  /// Seconds that were waited since a step could have begun. Five minutes are what the engine gives one.
  private var waited = 0.0
  var deadBrowsers: Set<String> = []
  private let mostSteps = 120

  /// - Parameter manner: by chance, unless it is given.
  init(seed: UInt64, _ house: any House, _ scenario: Scenario, manner: Manner? = nil) throws {
    self.house = house
    self.scenario = scenario
    random = SeededDice(seed: seed ^ 0x57A1_4B00)
    let drawn = manner ?? Manner.all.randomElement(using: &random) ?? Manner.all[0]
    self.manner = house.issuerRequests == nil ? drawn.inRealTime : drawn
    let others = ["ben@example.com", "nobody@example.com"]
    let isAnother = Int.random(in: 0..<100, using: &random) < self.manner.isAnother
    let other = others.randomElement(using: &random) ?? others[0]
    knowledge = try Knowledge(
      scenario.people, house.outside, who: isAnother ? other : "ann@example.com")
    habits = WalkHabits(random: random)
    _ = random.next()
  }

  func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  func note(_ line: String) { trace.append(line) }

  // MARK: From the beginning to the end

  /// Walks to the end.
  ///
  /// - Throws: `Trouble`, for whatever must not happen.
  func run() throws -> WalkEnd {
    let wish = firstWish
    note("\(manner.name), as \(knowledge.who), wants to \(wish.flow.rawValue)")
    if chance(50) {
      prompter = try attach()
      try house.login(wish)
    } else {
      try house.login(wish)
      prompter = try attach()
    }
    for number in 0..<mostSteps {
      if let end = try step(number) { return try close(end) }
    }
    throw Trouble("no end after \(mostSteps) steps")
  }

  private var firstWish: Wish {
    var flow = Wish.Flow.authenticate
    if isLocked, chance(80) {
      flow = .unlock
    } else if chance(40) {
      flow = Wish.Flow.allCases.randomElement(using: &random) ?? flow
    }
    return Wish(flow: flow, loginHint: chance(25) ? knowledge.who : nil)
  }

  /// One look, and one thing that is done. Gives the end where there is one.
  private func step(_ number: Int) throws -> WalkEnd? {
    if let end = try ended() { return end }
    guard let prompt = try house.open(prompter) else { return try wait() }
    try look(at: prompt)
    if let patience, number >= patience {
      note("gives up")
      return try cancel(prompt)
    }
    if chance(manner.cancels) { return try cancel(prompt) }
    if chance(manner.abandons) { return try abandon(prompt) }
    if chance(manner.callerLeaves) { try changeCaller() }
    if chance(manner.hangsUp) {
      note("hangs up and comes back")
      try house.hangUp(prompter)
      attached.removeAll { $0 == prompter }
      prompter = try attach()
      return nil
    }
    if chance(manner.changes) { try changePrompter(prompt) }
    if chance(manner.dawdles) {
      // Five minutes are what the engine gives a step; polling through them takes its time here, too.
      let seconds = chance(15) ? 310 : Double.random(in: 5...40, using: &random).rounded()
      note("waits \(Int(seconds)) s")
      try wait(seconds)
      return nil
    }
    if chance(manner.unfit) { try giveUnfitAnswer(to: prompt) }
    return try act(on: prompt)
  }

  /// Lets time pass that the engine counts.
  func wait(_ seconds: Double) throws {
    waited += seconds
    try house.pass(seconds: seconds)
  }

  /// Whoever does everything right needs none, unless the account is locked and the policy has no way
  /// to unlock it.
  private var patience: Int? { manner.patience ?? (isLocked ? 40 : nil) }

  private var isLocked: Bool {
    scenario.people.first { $0.identifier == knowledge.who }?.status == .lockedOut
  }

  private func attach() throws -> Int {
    let prompter = try house.attach()
    attached.append(prompter)
    return prompter
  }

  /// Nothing is open: something must come of itself, and soon.
  private func wait() throws -> WalkEnd? {
    for _ in 0..<40 {
      try house.pass(seconds: 1)
      if let end = try ended() { return end }
      if try house.open(prompter) != nil { return nil }
    }
    throw Trouble("no prompt, and no end: it hangs")
  }

  func ended() throws -> WalkEnd? {
    if hasCaller { return try house.ending().map { try judge($0) } }
    return try house.farewell(prompter).map { try judge($0) }
  }

  /// Whether it may end so.
  func judge(_ ending: Ending) throws -> WalkEnd {
    note("→ \(ending)")
    switch ending {
    case .tokens: return .tokens
    case .words: return .words
    case .terminal(let words):
      guard words.contains(where: { !$0.isEmpty }) else { throw Trouble("it ends without a word") }
      return .terminal
    case .cancelled: return .cancelled
    case .expired:
      guard waited > 240 else { throw Trouble("it has expired after \(Int(waited)) s") }
      return .expired
    case .fault(let what): throw Trouble("it ends in \(what)")
    }
  }

  /// What holds after every end.
  private func close(_ end: WalkEnd) throws -> WalkEnd {
    // A caller hears of the end from the issuer's answer, a prompter from the broker a moment later.
    for prompter in attached where end != .abandoned {
      if try house.open(prompter) != nil { try house.pass(seconds: 0.5) }
      guard try house.open(prompter) == nil else {
        throw Trouble("prompter \(prompter) still sees a prompt after the end")
      }
    }
    if end == .tokens {
      guard let token = try house.token(), !token.isEmpty else {
        throw Trouble("signed in, and there is no token")
      }
    }
    if end == .words, linksFollowed == 0, let token = try house.outside.newestToken(), chance(70) {
      linksFollowed = 1
      note("follows the link in the mail")
      hasCaller = true
      try house.login(Wish(activationToken: token))
      for number in 0..<mostSteps {
        if let end = try step(number) { return try close(end) }
      }
      throw Trouble("no end after \(mostSteps) steps behind a link")
    }
    return end
  }

  // MARK: What is done beside answering

  func cancel(_ prompt: Prompt) throws -> WalkEnd? {
    note("cancels")
    switch try house.cancel(prompter, prompt.id) {
    case .over(.cancelled), .stale: break
    case let reply: throw Trouble("a cancel is answered with \(reply)")
    }
    guard let end = try ended() ?? wait() else { throw Trouble("cancelled, and it goes on") }
    return end
  }

  /// Everybody leaves; two minutes later the broker gives it up, at the issuer too.
  private func abandon(_ prompt: Prompt) throws -> WalkEnd {
    note("leaves for good")
    let requests = house.issuerRequests
    try house.hangUpCaller()
    for prompter in attached { try house.hangUp(prompter) }
    attached = []
    try house.pass(seconds: 130)
    prompter = try attach()
    if try house.open(prompter) != nil { throw Trouble("a prompt of a sign-in that was left") }
    if let requests, let now = house.issuerRequests, now > requests + 1 {
      throw Trouble("\(now - requests) requests for a sign-in that was left")
    }
    return .abandoned
  }

  private func changeCaller() throws {
    if hasCaller {
      note("the caller leaves")
      try house.hangUpCaller()
      hasCaller = false
    }
    guard chance(70), try house.farewell(prompter) == nil else { return }
    note("a caller comes")
    try house.login(Wish())
    hasCaller = true
  }

  /// Another prompter comes, sees the same, and perhaps goes on; the first one then is behind.
  private func changePrompter(_ prompt: Prompt) throws {
    if attached.count < 3 {
      note("another prompter comes")
      let other = try attach()
      guard try house.issuerRequests == nil || house.open(other)?.id == prompt.id else {
        throw Trouble("another prompter sees another prompt")
      }
    }
    if let other = attached.randomElement(using: &random), chance(60) { prompter = other }
    guard let old = lastAnswered, old != prompt.id, chance(50) else { return }
    note("answers a prompt that is gone")
    let reply = try house.answer(prompter, old, Answer(form: "identify"))
    guard reply == .stale else { throw Trouble("an old prompt is answered: \(reply)") }
  }

  private func giveUnfitAnswer(to prompt: Prompt) throws {
    guard let form = prompt.content.forms.randomElement(using: &random) else { return }
    let fitting = try knowledge.fields(of: form, in: prompt.content, by: &habits) ?? [:]
    guard let broken = Breakage.all(of: fitting, in: form).randomElement(using: &random) else {
      return
    }
    note("answers \(form.id) unfit: \(broken.words)")
    let requests = house.issuerRequests
    let reply = try house.answer(prompter, prompt.id, broken.answer)
    if case .stale = reply { return }  // A poll was faster.
    guard case .unfit = reply else { throw Trouble("an unfit answer is taken: \(reply)") }
    guard house.issuerRequests == requests else { throw Trouble("an unfit answer was sent") }
    guard try house.open(prompter) == prompt || house.issuerRequests == nil else {
      throw Trouble("an unfit answer changed the prompt")
    }
  }

  // MARK: Looking

  private func look(at prompt: Prompt) throws {
    offered.formUnion(prompt.content.forms.map(\.remediation))
    let deadEnds = prompt.deadEnds
    guard deadEnds.isEmpty else {
      throw Trouble("it cannot be answered: \(deadEnds.joined(separator: "; "))")
    }
    let losses = try house.losses(of: prompt)
    guard losses.isEmpty else {
      throw Trouble("the prompt is not faithful: \(losses.joined(separator: "; "))")
    }
    guard house.issuerRequests != nil else { return }
    for other in attached {
      guard try house.open(other) == prompt else {
        throw Trouble("prompter \(other) does not see what prompter \(prompter) sees")
      }
    }
  }

  func answered(_ prompt: Prompt) { lastAnswered = prompt.id }
}
