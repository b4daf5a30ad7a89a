import Foundation
import Synchronization
import TestSupport
import Testing

@Suite(
  "Recorded exchanges, walked by the real broker over its real socket",
  .serialized, .enabled(if: Corpus.isPresent, Comment(rawValue: Corpus.absence)))
struct SequenceTests {
  /// The one whose code nobody reaches: the step that chooses the mail is not recorded.
  private static let withoutWay = "v3__authenticator-verification-email-magiclink-false"

  @Test("every sequence is walked as far as the recording goes, to an end that it explains")
  func walkAll() async throws {
    let corpus = try #require(Corpus.found)
    let wanted = ProcessInfo.processInfo.environment["REMEDY_SEQUENCE"]
    let recordings = try corpus.sequences.map { try Recording($0, in: corpus) }
      .filter { wanted == nil || $0.name == wanted }
    let server = try await ReplayServer(recordings)
    defer { server.stop() }
    let broker = try BrokerProcess(configuration: Self.configuration(server.issuers))
    let ends = await Self.walk(server.issuers, broker.socket)
    print(Self.table(server.issuers, ends))
    for (issuer, end) in zip(server.issuers, ends) {
      let name = issuer.recording.name
      if case .unexplained(let what) = end { Issue.record("\(name): \(what)") }
      for fault in issuer.view().faults { Issue.record("\(name): \(fault)") }
      if issuer.recording.steps.contains(where: { $0.answer.code != nil }), name != Self.withoutWay
      {
        #expect(end.words == "tokens", "\(name)")
      }
    }
    #expect(wanted != nil || ends.count == 142)
  }

  private static func configuration(_ issuers: [ReplayedIssuer]) -> String {
    var text = "[limits]\nconnections_per_uid = 1000\ntransactions_per_uid = 1000\n"
    for (number, issuer) in issuers.enumerated() {
      text += """

        [profile.\(ReplayServer.folder(number))]
        issuer = "\(issuer.issuer)"
        client_id = "\(ReplayedIssuer.client)"
        redirect_uri = "\(ReplayedIssuer.redirectURI)"
        scopes = ["openid", "profile", "offline_access"]

        """
    }
    return text
  }

  /// Walks them all, many at a time, each on a thread of its own: the client blocks.
  private static func walk(
    _ issuers: [ReplayedIssuer], _ socket: String
  ) async -> [SequenceWalk.End] {
    let work = Work(issuers, socket)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<24 {
        group.addTask {
          await withCheckedContinuation { continuation in
            Thread.detachNewThread {
              work.run()
              continuation.resume()
            }
          }
        }
      }
    }
    return work.ends
  }

  private static func table(_ issuers: [ReplayedIssuer], _ ends: [SequenceWalk.End]) -> String {
    let width = issuers.map(\.recording.name.count).max() ?? 0
    var counts: [String: Int] = [:]
    var lines: [String] = []
    for (issuer, end) in zip(issuers, ends) {
      let view = issuer.view()
      let name = issuer.recording.name
      let steps = "\(view.walked) of \(issuer.recording.steps.count)"
      let skipped = view.skipped > 0 ? " (\(view.skipped) left out: not on offer)" : ""
      lines.append(
        name + String(repeating: " ", count: width - name.count + 2)
          + steps + String(repeating: " ", count: max(0, 10 - steps.count)) + end.words + skipped)
      counts[String(end.words.prefix { $0 != ":" }), default: 0] += 1
    }
    let sum = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return lines.joined(separator: "\n") + "\n\(ends.count) sequences: "
      + sum.joined(separator: ", ")
  }
}

/// What is left to walk, and how the rest ended.
private final class Work: Sendable {
  private let issuers: [ReplayedIssuer]
  private let socket: String
  private let left: Mutex<[Int]>
  private let results = Mutex<[Int: SequenceWalk.End]>([:])

  init(_ issuers: [ReplayedIssuer], _ socket: String) {
    self.issuers = issuers
    self.socket = socket
    left = Mutex(issuers.indices.reversed())
  }

  var ends: [SequenceWalk.End] {
    results.withLock { results in issuers.indices.compactMap { results[$0] } }
  }

  func run() {
    while let number = left.withLock({ $0.popLast() }) {
      let end: SequenceWalk.End
      do {
        let profile = ReplayServer.folder(number)
        end = try SequenceWalk(issuers[number], profile: profile, socket).run()
      } catch {
        end = .unexplained("\(error)")
      }
      results.withLock { $0[number] = end }
    }
  }
}
