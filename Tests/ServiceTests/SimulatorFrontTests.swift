// The built simulator at its socket, as a client finds it that is not ours: with nothing but the line
// that it prints.

import Foundation
import JSON
import TestSupport
import Testing

/// A simulator of its own, over plain HTTP.
private final class SimulatorProcess {
  private let program: ServingProgram
  let line: JSONValue

  init(_ arguments: [String]) throws {
    program = try ServingProgram(simulator: arguments)
    line = try program.place()
  }

  func curl(_ arguments: [String]) throws -> JSONValue {
    let answer = try FinishedProgram(["curl", "-sS", "--max-time", "20"] + arguments)
    try #require(answer.status == 0)
    return try JSONParser.parse(Array(answer.output))
  }
}

@Suite("The simulator at its socket")
struct SimulatorFrontTests {
  @Test("reads bodies that come in chunks on connections that are to be closed, encoded or not")
  func chunks() throws {
    let simulator = try SimulatorProcess(["--redirect-uri", "com.x:/cb"])
    let chunked = ["-H", "Transfer-Encoding: chunked", "-H", "Connection: close"]
    let issuers = simulator.line["issuers"]?.array ?? []
    let issuer = try #require(issuers.last?.string)
    let client = try #require(simulator.line["client_id"]?.string)
    let form =
      "client_id=\(client)&client_secret=null&scope=openid profile email&redirect_uri=com.x:/cb"
      + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWBrRKo8U4bvA&code_challenge_method=S256"
      + "&state=x"
    let handle = try simulator.curl(chunked + ["--data-raw", form, issuer + "/v1/interact"])
    let origin = try #require(simulator.line["origin"]?.string)
    let page = try simulator.curl(
      chunked + [
        "-H", "Content-Type: application/ion+json; okta-version=1.0.0", "--data-raw",
        JSONWriter.text(["interactionHandle": handle["interaction_handle"] ?? .null]),
        origin + "/idp/idx/introspect",
      ])
    #expect(page["remediation"]?["value"]?.array?.first?["name"] == "identify")
  }

  @Test("says which issuers it has, each with metadata that names the very URL")
  func issuers() throws {
    let simulator = try SimulatorProcess(["--host", "localhost"])
    let issuers = (simulator.line["issuers"]?.array ?? []).compactMap(\.string)
    let origin = try #require(simulator.line["origin"]?.string)
    #expect(issuers == [origin, origin + "/oauth2/default"])
    #expect(origin.hasPrefix("http://localhost:"))
    for issuer in issuers {
      let document = try simulator.curl([issuer + "/.well-known/openid-configuration"])
      #expect(document["issuer"]?.string == issuer)
    }
    let bracketed = try SimulatorProcess(["--host", "::1"]).line["origin"]?.string
    #expect(bracketed?.hasPrefix("http://[::1]:") == true)
  }
}
