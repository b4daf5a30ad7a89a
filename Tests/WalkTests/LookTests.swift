// What the walks look for is found where it is there: without this, thousands of walks in which
// nothing was wrong would say nothing.

import Foundation
import IdentityEngineSimulator
import JSON
import Prompts
import SimulatedPeople
import Testing

@Suite("What walks look for")
struct LookTests {
  private func deadEnds(_ forms: Form...) -> [String] {
    Prompt(
      id: PromptID(rawValue: "p"), transaction: TransactionID(rawValue: "t"), profile: "demo",
      owner: nil, issuer: "", requestedBy: nil, reason: nil,
      content: Prompt.Content(title: "Sign in", forms: forms)
    ).deadEnds
  }

  private func form(_ kind: Form.Kind = .form, _ fields: Field...) -> Form {
    Form(id: "f", remediation: "f", kind: kind, fields: fields)
  }

  @Test("a prompt that can be answered has no dead ends")
  func answerable() {
    let choice = Field(
      name: "c", kind: .choice, isRequired: true,
      choices: [Choice(id: "1", label: "One", fields: [Field(name: "inner", isRequired: true)])])
    #expect(deadEnds(form(.form, Field(name: "a", isRequired: true), choice)).isEmpty)
    #expect(deadEnds(form(.action)).isEmpty)
  }

  @Test("each kind of dead end is noticed")
  func everyDeadEnd() {
    #expect(!deadEnds().isEmpty)
    #expect(!deadEnds(form(.unsupported)).isEmpty)
    #expect(!deadEnds(form(.browser)).isEmpty)
    #expect(!deadEnds(form(.poll)).isEmpty)
    #expect(!deadEnds(form(.form, Field(name: "c", kind: .choice))).isEmpty)
    let inner = Field(name: "inner", kind: .choice, isRequired: true)
    let outer = Field(
      name: "c", kind: .choice, choices: [Choice(id: "1", label: "One", fields: [inner])])
    #expect(!deadEnds(form(.form, outer)).isEmpty)
    #expect(
      !deadEnds(form(.form, Field(name: "a", minimumLength: 5, maximumLength: 4))).isEmpty)
  }

  @Test("an answer is broken in each way that its form forbids, and no other")
  func breakages() throws {
    let form = form(
      .form, Field(name: "a", isRequired: true, minimumLength: 2, maximumLength: 4),
      Field(name: "b", kind: .boolean))
    _ = try form.validate(Answer(form: "f", fields: ["a": "abc", "b": true]))
    let broken = Breakage.all(of: ["a": "abc", "b": true], in: form)
    #expect(broken.count == 7)
    for breakage in broken {
      #expect(throws: AnswerFault.self, "\(breakage.words)") {
        try form.validate(breakage.answer)
      }
    }
  }

  @Test(
    "a broker that never asks, one that ends without a word and one that asks for ever are found")
  func badHouses() throws {
    for (house, words) in [
      (BadHouse(), "it hangs"), (BadHouse(end: .terminal([])), "without a word"),
      (BadHouse(end: .fault("x")), "ends in x"), (BadHouse(end: .expired), "expired after 0 s"),
      (BadHouse(asksForever: true), "no end"),
    ] {
      let walk = try Walk(seed: 3, house, .random(seed: 3), manner: Manner.all[0])
      do {
        let end = try walk.run()
        Issue.record("ends in \(end)")
      } catch {
        #expect("\(error)".contains(words))
      }
    }
  }

  @Test("a policy put together by chance is the same for the same seed, and survives a file")
  func scenarios() throws {
    for seed in 1...300 as ClosedRange<UInt64> {
      let scenario = Scenario.random(seed: seed)
      #expect(scenario == .random(seed: seed))
      let read = try JSONDecoder().decode(Scenario.self, from: JSONEncoder().encode(scenario))
      #expect(read == scenario)
    }
    #expect(Scenario.random(seed: 1).policy != Scenario.random(seed: 2).policy)
  }
}

/// A broker with a fault of its own.
private final class BadHouse: House {
  private let end: Ending?
  private let asksForever: Bool

  init(end: Ending? = nil, asksForever: Bool = false) {
    self.end = end
    self.asksForever = asksForever
  }

  let outside = Outside { _, _, _, _ in
    Outside.Reply(status: 200, body: Array("[]".utf8))
  } now: {
    Date()
  }
  let issuerRequests: Int? = 0
  func login(_ wish: Wish) {}
  func hangUpCaller() {}
  func ending() -> Ending? { end }
  func attach() -> Int { 0 }
  func hangUp(_ prompter: Int) {}
  func farewell(_ prompter: Int) -> Ending? { nil }
  func cancel(_ prompter: Int, _ prompt: PromptID) -> Reply { .over(.cancelled) }
  func pass(seconds: Double) {}
  func token() -> String? { nil }
  func losses(of prompt: Prompt) -> [String] { [] }

  func open(_ prompter: Int) -> Prompt? { asksForever ? question : nil }
  func answer(_ prompter: Int, _ prompt: PromptID, _ answer: Answer) -> Reply { .prompt(question) }

  private var question: Prompt {
    Prompt(
      id: PromptID(rawValue: "p"), transaction: TransactionID(rawValue: "t"), profile: "demo",
      owner: nil, issuer: "", requestedBy: nil, reason: nil,
      content: Prompt.Content(
        title: "Sign in", forms: [Form(id: "f", remediation: "f", kind: .action)]))
  }
}
