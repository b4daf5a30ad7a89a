// Two issuers at one broker, one of them hostile (RFC 9700 §4.4, RFC 9207): whatever it answers,
// nothing that is between the broker and the other reaches it, and nothing of its own the other.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient
import Secrets
import Testing

@Suite("Two issuers, one of them hostile", .serialized)
struct TwoIssuersTests {
  private static let secret = "a-secret-of-the-honest-client-alone"

  @Test("swapped metadata, redirects, handles, codes, tokens and keys: none crosses to the other")
  func crossings() throws {
    let honest = try WatchedIssuer(TokenMint())
    let mint = try TokenMint()
    let hostile = try Crossing.all.map { _ in try WatchedIssuer(mint) }
    defer { for issuer in hostile + [honest] { issuer.stop() } }
    let folder = URL(fileURLWithPath: "/tmp/remedy-test-" + UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("client-secret")
    try Self.secret.write(to: file, atomically: true, encoding: .utf8)
    chmod(file.path, 0o600)
    let settings = """
      client_auth = "client_secret_post"
      client_secret = "file:\(file.path)"
      """
    let broker = try BrokerProcess(
      configuration: IssuerVisit.configuration(
        [("first", honest, settings), ("second", honest, settings)]
          + hostile.enumerated().map { ("h\($0.offset)", $0.element, "") }))

    _ = try IssuerVisit(broker.socket, "first").identify()
    let answers = Dictionary(
      uniqueKeysWithValues: IssuerCall.allCases.map { ($0, honest.answer($0)) })
    let given = Set(answers.values.flatMap { Self.texts($0) })
    // Open while all the others come and go.
    let open = try IssuerVisit(broker.socket, "second")
    _ = try open.begin()
    let before = honest.requests.count

    for (number, crossing) in Crossing.all.enumerated() {
      let issuer = hostile[number]
      let known = Crossing.Known(victim: honest, hostile: issuer, answers: answers)
      issuer.twist { call, honest in crossing.twist(call, honest, known) }
      let end = Self.end(broker.socket, "h\(number)", isRefresh: crossing.isRefresh)
      switch (crossing.end, end) {
      case (.session, .session), (.askedAgain, .askedAgain): break
      case (.refused(let words), .refused(let got)) where words.isEmpty || got.contains(words):
        break
      default: Issue.record("\(crossing.name): \(end)")
      }
      #expect(honest.requests.count == before, "\(crossing.name): the other was asked")
    }

    // The honest one has noticed nothing: what was open goes on, what was held is refreshed.
    #expect(try open.identify().state == .active)
    let client = try Client(path: broker.socket)
    for profile in ["first", "second"] {
      let token = try client.call(
        TokenGet.self, TokenGet.Params(profile: profile, forceRefresh: true))
      #expect(
        Secret(honest.answer(.refresh)["access_token"]?.string ?? "") == token.accessToken)
    }
    Self.expectApart(honest, hostile, given: given)
  }

  private enum End: CustomStringConvertible {
    case session
    case askedAgain
    case refused(String)
    case strange(String)

    var description: String {
      switch self {
      case .session: "it gave a session"
      case .askedAgain: "it asked again"
      case .refused(let words): "refused: \(words)"
      case .strange(let what): what
      }
    }
  }

  private static func end(_ socket: String, _ profile: String, isRefresh: Bool) -> End {
    do {
      let visit = try IssuerVisit(socket, profile)
      do {
        _ = try visit.identify()
      } catch {
        // A prompt that stays open is nobody's any more.
        if let prompt = visit.prompt {
          _ = try? visit.client.call(PromptCancel.self, PromptCancel.Params(prompt: prompt.id))
        }
        throw error
      }
      guard isRefresh else { return .session }
      _ = try visit.client.call(
        TokenGet.self, TokenGet.Params(profile: profile, forceRefresh: true))
      return .session
    } catch let CallFault.refused(error) {
      return .refused(error.message)
    } catch is AskedAgain {
      return .askedAgain
    } catch {
      return .strange("\(error)")
    }
  }

  /// No text that is between the broker and one issuer is in any request to another, but what the
  /// hostile one knew from the start.
  private static func expectApart(
    _ honest: WatchedIssuer, _ hostile: [WatchedIssuer], given: Set<String>
  ) {
    let mine = honest.secrets.subtracting(given).filter { $0.count >= 8 }
    #expect(mine.count >= 12 && mine.contains(Self.secret), "\(mine.count)")
    let theirs = Set(hostile.flatMap(\.secrets)).subtracting(honest.secrets.union(given))
      .filter { $0.count >= 8 }
    #expect(theirs.count > 50)
    // The search sees them where they are.
    let own = honest.requests.map { $0.head + "\n" + String(decoding: $0.body, as: UTF8.self) }
    #expect(mine.filter { text in own.contains { $0.contains(text) } }.count >= 12)
    print(
      "\(Crossing.all.count) ways to cross; \(mine.count) texts of the one and \(theirs.count) of the "
        + "others looked for")
    for (issuers, secrets) in [(hostile, mine), ([honest], theirs)] {
      for request in issuers.flatMap(\.requests) {
        let text = request.head + "\n" + String(decoding: request.body, as: UTF8.self)
        for secret in secrets where text.contains(secret) {
          Issue.record("\(request.method) \(request.path) has a text of the other issuer's")
        }
      }
    }
  }

  /// All texts in an answer.
  private static func texts(_ value: JSONValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let values): values.flatMap { texts($0) }
    case .object(let object): object.members.flatMap { texts($0.value) }
    default: []
    }
  }
}
