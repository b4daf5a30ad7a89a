// What Okta published, against what becomes of it: every answer has its meaning, and whatever can
// be acted on in its JSON is found again in the prompt or in what would be sent.

import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import TestSupport
import Testing

@Suite(
  "The corpus of published answers",
  .enabled(if: Corpus.isPresent, Comment(rawValue: Corpus.absence)))
struct CorpusTests {
  @Test("every answer becomes what it is, and nothing in it is lost")
  func everyAnswer() throws {
    let walk = try Walk(try #require(Corpus.found)) { $0 }
    print("corpus: \(walk)")
    #expect(walk.faults.isEmpty, "\(walk.report)")
    #expect(walk.files == 419)
    #expect(walk.files == walk.prompts + walk.successes + walk.ends + walk.waits + walk.errors)
    #expect(walk.errors == 1)
  }

  @Test("the same holds when every remediation, field and authenticator has a name nobody knows")
  func everyAnswerRenamed() throws {
    let corpus = try #require(Corpus.found)
    let known = try Walk(corpus) { $0 }
    let renamed = try Walk(corpus, Renaming.apply)
    print("corpus, renamed: \(renamed)")
    #expect(renamed.faults.isEmpty, "\(renamed.report)")
    #expect(renamed.counts == known.counts)
    #expect(renamed.prompts == known.prompts && renamed.successes == known.successes)
  }
}

/// One walk over all answers of the corpus.
private struct Walk: CustomStringConvertible {
  private(set) var files = 0
  private(set) var prompts = 0
  private(set) var successes = 0
  private(set) var ends = 0
  private(set) var waits = 0
  private(set) var errors = 0
  private(set) var answers = 0
  private(set) var counts = PromptAudit.Counts()
  private(set) var faults: [String] = []

  init(_ corpus: Corpus, _ change: (JSONValue) -> JSONValue) throws {
    for entry in corpus.entries where entry.kind == "idx" {
      files += 1
      let original = try corpus.json(entry.file)
      let answer = change(original)
      let bytes =
        answer == original ? try corpus.bytes(entry.file) : JSONWriter.bytes(answer)
      let statuses = entry.status.map { [$0] } ?? [200, 400]
      let results = Set(statuses.map { examine(answer, bytes, entry, status: $0) })
      let result = results.count == 1 ? results.first : nil
      switch result {
      case .prompt: prompts += 1
      case .success: successes += 1
      case .end: ends += 1
      case .wait: waits += 1
      case .error: errors += 1
      case nil: faults.append("\(entry.file): \(results) by status")
      }
    }
  }

  private enum Result { case prompt, success, end, wait, error }

  private mutating func examine(
    _ answer: JSONValue, _ bytes: [UInt8], _ entry: Corpus.Entry, status: Int
  ) -> Result {
    let response: IDXResponse
    do throws(IDXFault) {
      response = try IDXResponse(status: status, body: bytes)
    } catch {
      let words = answer["message"]?.string ?? answer["errorSummary"]?.string
      if entry.subkind == "ion" || !"\(error)".contains(words ?? "words that nobody said") {
        faults.append("\(entry.file): \(error)")
      }
      return .error
    }
    let keys = answer.rawMessages.compactMap { $0["i18n"]?["key"]?.string }
    let (transaction, effects) = Transaction.introspected(response)
    let result: Result
    switch effects.first {
    case .finish(.succeeded(let taken)):
      result = .success
      let sent = answer["successWithInteractionCode"]?["value"]?.array ?? []
      let code = sent.first { $0["name"] == "interaction_code" }?["value"]?.string
      check(taken.text == code, entry, "not the code that was sent")
    case .finish(.ended(let messages)):
      result = .end
      let words = answer.rawMessages.map { $0["message"]?.string ?? $0["i18n"]?["key"]?.string }
      check(Array(messages.map(\.text).prefix(words.count)) == words, entry, "lost its last words")
      check(answer["remediation"]?["value"]?.array?.isEmpty ?? true, entry, "ended with forms")
    case .finish(.failed(.rateLimited)):
      result = .wait
      check(keys.contains { $0.hasSuffix("ooManyRequests") }, entry, "no rate limit")
    case .finish(.expired):
      result = .wait
      check(keys.contains { $0.hasPrefix("idx.") || $0.hasPrefix("error.") }, entry, "not expired")
    case .show(let content):
      result = .prompt
      audit(answer, content, transaction, entry, counted: status != 400 || entry.status != nil)
    default:
      result = .error
      faults.append("\(entry.file): \(effects)")
    }
    let isSuccess = entry.json["interaction_code"] == true
    check((result == .success) == isSuccess, entry, "success: \(isSuccess)")
    let hasForms = !(entry.json["remediations"]?.array ?? []).isEmpty
    check((result == .prompt) == hasForms, entry, "prompt: \(hasForms)")
    return result
  }

  private mutating func audit(
    _ answer: JSONValue, _ content: Prompt.Content, _ transaction: Transaction,
    _ entry: Corpus.Entry, counted: Bool
  ) {
    // What a client reads is what went over the wire.
    let prompt = Prompt(
      id: PromptID(rawValue: "p"), transaction: TransactionID(rawValue: "t"), profile: "p",
      owner: nil, issuer: "", requestedBy: nil, reason: nil, content: content)
    guard let read = try? Prompt(json: prompt.json).content else {
      faults.append("\(entry.file): the prompt can't be read back")
      return
    }
    let seen = PromptAudit(answer, read)
    let answered = AnswerAudit(answer, read, transaction)
    faults += (seen.losses + answered.losses).map { "\(entry.file): \($0)" }
    guard counted else { return }
    counts += seen.counts
    answers += answered.answers
  }

  private mutating func check(_ isTrue: Bool, _ entry: Corpus.Entry, _ fault: String) {
    if !isTrue { faults.append("\(entry.file): \(fault)") }
  }

  var report: String { faults.prefix(40).joined(separator: "\n") }

  var description: String {
    """
    \(files) files: \(prompts) prompts, \(successes) codes, \(ends) ends, \(waits) rate limits or \
    expiries, \(errors) error; in the prompts \(counts.forms) forms, \(counts.asked) fields asked, \
    \(counts.sent) sent as they came, \(counts.options) options, \(counts.messages) messages, \
    \(counts.authenticators) related authenticators; \(answers) answers built; \
    \(faults.count) faults
    """
  }
}
