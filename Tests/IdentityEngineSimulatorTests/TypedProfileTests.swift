import Foundation
import Testing

@testable import IdentityEngineSimulator

@Suite("Attributes of a profile")
struct TypedProfileTests {
  private func arrived() throws -> Visitor {
    var visitor = try Visitor("progressive-profile-typed")
    try visitor.beginWithPassword()
    return visitor
  }

  private let right: [(String, WireValue)] = [
    ("age", 40), ("size", "L"), ("grade", 2), ("remote", false),
  ]

  private func answer(_ changes: [(String, WireValue)], _ visitor: inout Visitor) throws -> Int {
    var profile = WireObject(right.map { (name: $0.0, value: $0.1) })
    for (name, value) in changes { profile[name] = value }
    return try visitor.answer(
      "profile-update", WireObject([("userProfile", .object(profile))]))
  }

  @Test("are asked for each by its type")
  func types() throws {
    let visitor = try arrived()
    let fields = visitor.remediations[0]["value"]?.elements?.compactMap {
      $0["form"]?["value"]?[0]
    }
    #expect(
      fields?.map { $0["type"]?.text } == ["integer", "number", "string", "integer", "boolean"])
    let radio = fields?[2]["options"]?[0]
    #expect(radio?["label"] == "display")
    #expect(radio?["value"]?["value"]?["inputType"] == "radio")
    #expect(radio?["value"]?["value"]?["options"]?[1]?["value"] == "L")
    #expect(fields?[3]["options"]?[0]?["value"] == 1)
  }

  @Test("are kept when they are right")
  func kept() throws {
    var visitor = try arrived()
    #expect(try answer([("hours", 38)], &visitor) == 200)
    #expect(visitor.code != nil)
    let kept = visitor.organisation.members[0].person.attributes
    #expect(
      kept == ["age": "40", "hours": "38", "size": "L", "grade": "2", "remote": "false"])
  }

  @Test(
    "are refused when they are of another type, or no choice",
    arguments: [
      ("age", "40" as WireValue), ("age", true), ("hours", "many"), ("size", "M"), ("grade", "2"),
      ("grade", 3), ("remote", "yes"),
    ])
  func wrong(name: String, value: WireValue) throws {
    var visitor = try arrived()
    #expect(try answer([(name, value)], &visitor) == 400)
    #expect(visitor.organisation.members[0].person.attributes.isEmpty)
  }

  @Test("are refused at the field when they are out of range")
  func range() throws {
    var visitor = try arrived()
    #expect(try answer([("age", 12)], &visitor) == 400)
    #expect(visitor.keys(atAttribute: "age") == ["registration.error.doesNotMatchPattern"])
  }
}

@Suite("An activation link that has expired")
struct ExpiredActivationTests {
  @Test("can be asked for again, and the new one opens the account")
  func again() throws {
    var visitor = try Visitor("activation-expired")
    _ = try visitor.begin()
    try visitor.answer("select-enroll-profile")
    let profile: WireValue = [
      "firstName": "Eve", "lastName": "Example", "email": "eve@example.com",
    ]
    try visitor.answer("enroll-profile", WireObject([("userProfile", profile)]))
    #expect(visitor.topKeys == ["idx.email.verification.required"])
    let first = try #require(visitor.organisation.outbox.last?.token)

    _ = try visitor.begin(["activation_token": first])
    #expect(visitor.names == ["request-activation-email"])
    #expect(visitor.topKeys == ["idx.expired.activation.token"])
    try visitor.answer("request-activation-email")
    #expect(visitor.status == 200)
    #expect(visitor.topKeys == ["idx.request.activation.email"])
    #expect(visitor.remediations.isEmpty)

    let second = try #require(visitor.organisation.outbox.last?.token)
    #expect(second != first)
    _ = try visitor.begin(["activation_token": second])
    try visitor.enrol("Password")
    try visitor.finish(Visitor.newPassword)
    #expect(visitor.code != nil)
  }
}
