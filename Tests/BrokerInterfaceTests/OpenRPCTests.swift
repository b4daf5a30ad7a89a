// The document that the service serves of itself is a valid OpenRPC 1.3 document: the members that
// the specification requires, none that it does not know, and no reference that leads nowhere.

import BrokerInterface
import JSON
import Testing

@Suite("The OpenRPC document")
struct OpenRPCTests {
  private let document = OpenRPC.document

  /// Whether an object has what it must and nothing besides.
  private func check(
    _ value: JSONValue?, required: Set<String>, optional: Set<String> = [], _ what: String
  ) {
    guard let object = value?.object else {
      Issue.record("\(what) is no object")
      return
    }
    let names = Set(object.names)
    #expect(names.count == object.count, "\(what) has a member twice")
    #expect(required.isSubset(of: names), "\(what) lacks \(required.subtracting(names))")
    let others = names.subtracting(required).subtracting(optional)
    #expect(others.allSatisfy { $0.hasPrefix("x-") }, "\(what) has \(others)")
  }

  @Test("the root, the info and the components are as the specification says")
  func root() throws {
    check(
      document, required: ["openrpc", "info", "methods"],
      optional: ["servers", "components", "externalDocs"], "the root")
    #expect(document["openrpc"]?.string?.hasPrefix("1.3.") == true)
    check(
      document["info"], required: ["title", "version"],
      optional: ["description", "termsOfService", "contact", "license"], "info")
    check(document["info"]?["license"], required: ["name"], optional: ["url"], "license")
    check(document["components"], required: ["schemas", "errors"], "components")
    for kind in ["schemas", "errors"] {
      let names = try #require(document["components"]?[kind]?.object).names
      let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
      #expect(names.allSatisfy { !$0.isEmpty && $0.allSatisfy(letters.contains) })
    }
  }

  @Test("each method of the table is there, with descriptors as the specification says")
  func methods() throws {
    let methods = try #require(document["methods"]?.array)
    #expect(methods.compactMap { $0["name"]?.string } == MethodTable.methods.map(\.name))
    for (method, described) in zip(methods, MethodTable.methods) {
      check(
        method, required: ["name", "params", "result"],
        optional: ["summary", "description", "paramStructure", "errors"], described.name)
      #expect(method["paramStructure"] == "by-name")
      let params = try #require(method["params"]?.array)
      #expect(params.compactMap { $0["name"]?.string } == described.params.map(\.name))
      for descriptor in params + [method["result"] ?? .null] {
        check(
          descriptor, required: ["name", "schema"],
          optional: ["description", "summary", "required", "deprecated"], described.name)
      }
    }
  }

  @Test("each error has an integer code of its own and a message")
  func errors() throws {
    let errors = try #require(document["components"]?["errors"]?.object)
    #expect(errors.names == Reason.allCases.map(\.rawValue))
    for member in errors.members {
      check(member.value, required: ["code", "message"], optional: ["data"], member.name)
      #expect(member.value["message"]?.string?.isEmpty == false)
    }
    #expect(Set(errors.members.compactMap { $0.value["code"]?.int }).count == errors.count)
  }

  @Test("each reference leads somewhere, and every component is led to")
  func references() throws {
    var targets: Set<String> = []
    func walk(_ value: JSONValue) {
      switch value {
      case .object(let object):
        if let reference = object["$ref"]?.string {
          #expect(object.count == 1, "what stands beside a reference does not count")
          targets.insert(reference)
        }
        for member in object.members { walk(member.value) }
      case .array(let values): values.forEach(walk)
      default: break
      }
    }
    walk(document)
    let components = try #require(document["components"]?.object)
    let known = components.members.flatMap { kind in
      (kind.value.object?.names ?? []).map { "#/components/\(kind.name)/\($0)" }
    }
    #expect(targets == Set(known))
  }

  @Test("the notifications are described beside, where the specification leaves room")
  func notifications() {
    let names = document["x-notifications"]?.array?.compactMap { $0["name"]?.string }
    #expect(
      names == ["prompt.show", "prompt.update", "prompt.withdraw", "token.changed", "token.gone"])
  }
}
