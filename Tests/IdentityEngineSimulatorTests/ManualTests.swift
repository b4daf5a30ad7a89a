// What docs/simulator.md promises is there.

import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("The manual")
struct ManualTests {
  private static let page = Result {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(
      contentsOf: folder.appendingPathComponent("docs/simulator.md"), encoding: .utf8)
  }

  @Test("names nothing that is not there to be asked for")
  func paths() throws {
    let words = try Self.page.get().components(separatedBy: "`")
    let requests = words.filter {
      ($0.hasPrefix("GET /") || $0.hasPrefix("POST /")) && !$0.contains("/N")
        && !$0.contains("TOKEN")
    }
    #expect(requests.count > 15)
    for request in requests {
      var visitor = try Visitor("password")
      let parts = request.split(separator: " ")
      let method: HTTPRequest.Method = parts[0] == "GET" ? .get : .post
      let answer = visitor.send(method, String(parts[1]), type: "application/json", body: "{}")
      #expect(answer.status != 404, "\(request)")
    }
  }

  @Test("tells a client what there is to know of it")
  func clients() throws {
    let page = try Self.page.get()
    let scenario = try #require(Scenario.named("password-email"))
    var words = scenario.issuers(at: "http://127.0.0.1:8080")
    for client in scenario.clients {
      words += [client.identifier] + client.redirectURIs + [client.secret].compactMap(\.self)
    }
    let server = try #require(scenario.authorizationServers.first)
    let visitor = try Visitor("password-email")
    words += [
      server.audience, server.scopes.joined(separator: " "), Person.ann.identifier,
      Person.ann.password, visitor.organisation.scopes(of: nil).joined(separator: " "),
    ]
    for word in words {
      #expect(page.contains("`\(word)`") || page.contains("\(word)`"), "\(word)")
    }
  }

  @Test("has an example that can be read, with what it says in it")
  func example() throws {
    let page = try Self.page.get()
    let start = try #require(page.range(of: "```json\n"))
    let rest = page[start.upperBound...]
    let end = try #require(rest.range(of: "```"))
    let scenario = try JSONDecoder().decode(
      Scenario.self, from: Data(rest[..<end.lowerBound].utf8))
    #expect(scenario.policy.requirements.count == 2)
    #expect(scenario.policy.afterwards.last == .unknown)
    #expect(scenario.switches.userVerification == .required)
    #expect(scenario.switches.pollMilliseconds == 500)
  }

  @Test("names a file that can be played, with what it says in it")
  func file() throws {
    let words = try Self.page.get().components(separatedBy: "`")
    let name = try #require(words.first { $0.hasPrefix("etc/") })
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let scenario = try JSONDecoder().decode(
      Scenario.self, from: Data(contentsOf: root.appendingPathComponent(name)))
    #expect(scenario.policy.requirements.count == 2)
    #expect(scenario.switches.passwordAttempts == 3)
    var visitor = try Visitor("password") { $0 = scenario }
    _ = try visitor.begin()
    #expect(visitor.names.first == "identify")
  }

  @Test("every stage can be written to a file and read back")
  func stages() throws {
    for scenario in Scenario.all {
      let file = try JSONEncoder().encode(scenario)
      #expect(try JSONDecoder().decode(Scenario.self, from: file) == scenario, "\(scenario.name)")
    }
  }
}
