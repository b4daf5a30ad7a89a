// Addresses off the issuer's origin, in every recorded answer, against the real daemon; a second
// place counts from outside whoever comes.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient
import Synchronization
import TestSupport
import Testing

@Suite("An address off the issuer's origin", .serialized)
struct OffOriginTests {
  @Test(
    "is counted, if anybody follows it at all: each spelling that curl knows leads to the counter")
  func counterCounts() throws {
    let counter = try RawServer { _ in [.json([:])] }
    defer { counter.stop() }
    var followed = 0
    for spelling in OffOriginSpelling.all {
      let before = counter.connections
      let address = spelling.address("127.0.0.1:1", counter.port, "/x")
      // A program's argument ends at a NUL.
      guard !address.contains("\u{0}") else { continue }
      _ = try FinishedProgram(["curl", "-s", "-k", "--max-time", "5", "--globoff", address])
      if counter.connections > before { followed += 1 }
    }
    #expect(followed >= 14, "of \(OffOriginSpelling.all.count) spellings")
  }

  @Test(
    "in any form of any recorded answer is never followed: an answer is refused with the reason and the prompt stays, a poll ends the sign-in",
    .enabled(if: Corpus.isPresent, Comment(rawValue: Corpus.absence)))
  func everyHref() async throws {
    let corpus = try #require(Corpus.found)
    // `REMEDY_OFF_ORIGIN_ROUNDS=32` has every href in every spelling.
    let rounds = ProcessInfo.processInfo.environment["REMEDY_OFF_ORIGIN_ROUNDS"].flatMap { Int($0) }
    let counter = try RawServer { _ in [.json([:])] }
    defer { counter.stop() }
    let mint = try TokenMint()
    let entries = corpus.entries.filter { $0.kind == "idx" && $0.subkind == "ion" }
    let recordings = try entries.map {
      try RecordedAnswer(try corpus.bytes($0.file), $0)
    }.filter { $0.isAlive }
    let stands = try (0..<24).map { try Stand("o\($0)", counter.port, mint) }
    defer { for stand in stands { stand.server?.stop() } }
    var configuration = "[limits]\nconnections_per_uid = 1000\ntransactions_per_uid = 1000\n"
    for stand in stands {
      configuration += PlainIssuer.profile(stand.profile, issuer: stand.origin)
    }
    let broker = try BrokerProcess(configuration: configuration)

    let socket = broker.socket
    let jobs = (0..<(rounds ?? 1)).flatMap { round in recordings.map { ($0, round) } }
    // Each stand serves one answer at a time.
    let tallies = await Crowd.run(stands.count, threads: stands.count) { number in
      var tally = Tally()
      for index in stride(from: number, to: jobs.count, by: stands.count) {
        tally += stands[number].walk(jobs[index].0, jobs[index].1, socket)
      }
      return tally
    }
    let tally = tallies.reduce(into: Tally()) { $0 += $1 }
    print(
      "\(recordings.count) answers, \(tally.addresses) addresses: \(tally.refused) answers refused, "
        + "\(tally.polls) polls that ended the sign-in, \(tally.unfit) forms that no answer fits, "
        + "\(counter.connections) requests off the origin")
    for fault in tally.faults.sorted() { Issue.record("\(fault)") }
    #expect(counter.connections == 0)
    #expect(recordings.count > 300)
    #expect(tally.refused > 500)
    #expect(tally.polls > 20)
  }

  struct Tally: Sendable {
    var addresses = 0
    var refused = 0
    var polls = 0
    var unfit = 0
    var faults: [String] = []

    static func += (left: inout Tally, right: Tally) {
      left.addresses += right.addresses
      left.refused += right.refused
      left.polls += right.polls
      left.unfit += right.unfit
      left.faults += right.faults
    }
  }

  /// One issuer that answers an introspection with whatever lies on it.
  private final class Stand: Sendable {
    let profile: String
    let origin: String
    let server: RawServer?
    private let counterPort: Int
    private let shelf = Shelf()

    init(_ profile: String, _ counterPort: Int, _ mint: TokenMint) throws {
      self.profile = profile
      self.counterPort = counterPort
      let box = shelf
      let issuer = PlainIssuer(mint)
      let server = try RawServer { request in
        let origin = box.origin.withLock { $0 }
        guard let call = IssuerCall(request) else {
          box.strays.withLock { $0.append(request.path) }
          return [.json(["error": "nobody is here"], status: 404)]
        }
        if call == .introspect {
          let body = box.served.withLock { $0 }
          return [.text(HTTPText.head(200, length: body.count)), .send(body)]
        }
        guard let honest = issuer.answer(call, request, origin: origin) else { return [.close] }
        return [.json(honest)]
      }
      box.origin.withLock { $0 = server.origin }
      self.server = server
      origin = server.origin
    }

    /// Signs in up to the recorded answer, and answers every form that it offers.
    func walk(_ recording: RecordedAnswer, _ round: Int, _ socket: String) -> Tally {
      var tally = Tally()
      let authority = String(origin.dropFirst("http://".count))
      var number = recording.entry.file.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } + round
      let body = recording.served { path in
        number += 1
        tally.addresses += 1
        return OffOriginSpelling.all[number % OffOriginSpelling.all.count].address(
          authority, self.counterPort, path)
      }
      shelf.served.withLock { $0 = body }
      shelf.strays.withLock { $0 = [] }
      do {
        try answerAll(recording, socket, &tally)
      } catch {
        tally.faults.append("\(recording.entry.file): \(error)")
      }
      for stray in shelf.strays.withLock({ $0 }) {
        tally.faults.append("\(recording.entry.file): \(stray) was asked")
      }
      return tally
    }

    private func answerAll(
      _ recording: RecordedAnswer, _ socket: String, _ tally: inout Tally
    ) throws {
      let client = try Client(path: socket)
      var prompt: Prompt?
      _ = try client.call(PromptAttach.self, PromptAttach.Params(profiles: [profile]))
      let login = try client.start(
        SessionLogin.self, SessionLogin.Params(profile: profile, force: true, timeout: 60))
      let deadline = Deadline.after(seconds: 60)
      func receive() throws {
        guard let arrival = try client.receive(until: deadline) else {
          throw Trouble("nothing more came")
        }
        if case .notification(.show(let show)) = arrival { prompt = show.prompt }
      }
      while prompt == nil {
        guard try client.result(of: login) == nil else { throw Trouble("it gave a session") }
        try receive()
      }
      guard let prompt else { return }
      // A link is not asked for by the broker, wherever it leads: its answer is no request to it.
      for form in prompt.content.forms where form.kind != .poll && form.url == nil {
        let sheet = AnswerSheet(next: recording, webauthn: prompt.content.context["webauthn"])
        let answer = Answer(form: form.id, fields: sheet.fields(form.fields))
        do {
          let outcome = try client.call(
            PromptAnswer.self, PromptAnswer.Params(prompt: prompt.id, answer: answer))
          throw Trouble("\(form.id) was taken: \(outcome.outcome)")
        } catch CallFault.refused(let error) {
          if error.code == -32602 {
            tally.unfit += 1
          } else if error.reason == .issuerUnavailable, error.message.contains("off its own origin")
          {
            tally.refused += 1
          } else {
            throw Trouble("\(form.id): \(error.code) \(error.message)")
          }
        }
      }
      guard prompt.content.forms.contains(where: { $0.kind == .poll }) else {
        _ = try client.call(PromptCancel.self, PromptCancel.Params(prompt: prompt.id))
        return
      }
      do {
        while try client.result(of: login) == nil { try receive() }
        throw Trouble("a poll gave a session")
      } catch CallFault.refused(let error) {
        guard error.reason == .issuerUnavailable, error.message.contains("off its own origin")
        else {
          throw Trouble("the poll ended with \(error.code) \(error.message)")
        }
        tally.polls += 1
      }
    }
  }

  /// What an issuer is told to serve.
  private final class Shelf: Sendable {
    let origin = Mutex("")
    let served = Mutex([UInt8]())
    let strays = Mutex([String]())
  }
}
