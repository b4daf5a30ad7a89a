// The client says nothing to a socket that somebody else has put there.

import BrokerInterface
import Glibc
import Testing

@testable import RemedyClient

@Suite("Who serves the socket")
struct ServerIdentityTests {
  @Test(
    "root serves any socket, the service's account the system one, we our own",
    arguments: [
      // uid, path, trusted; we are 1000, the account is 998
      (0, SocketPath.system, true), (998, SocketPath.system, true),
      (1000, SocketPath.system, false), (1001, SocketPath.system, false),
      (0, "/run/user/1000/remedy/broker.sock", true),
      (1000, "/run/user/1000/remedy/broker.sock", true),
      (998, "/run/user/1000/remedy/broker.sock", false),
      (1001, "/run/user/1000/remedy/broker.sock", false),
      (65534, SocketPath.system, false), (65534, "/tmp/s", false),
      (998, "/run/remedy/../remedy/broker.sock", false),
    ] as [(UInt32, String, Bool)])
  func trust(uid: UInt32, path: String, trusted: Bool) {
    #expect(
      ServerIdentity.isTrusted(uid: uid, path: path, ownUID: 1000, serviceUID: { 998 }) == trusted)
  }

  @Test("a uid without a name in our namespace is nobody's, our own included")
  func overflow() {
    #expect(
      !ServerIdentity.isTrusted(uid: 65534, path: "/tmp/s", ownUID: 65534, serviceUID: { 65534 }))
  }

  @Test("without the account nobody but root serves the system socket")
  func noAccount() {
    #expect(
      !ServerIdentity.isTrusted(
        uid: 1000, path: SocketPath.system, ownUID: 1000, serviceUID: { nil }))
  }

  @Test(
    "the account is looked up by its whole name, first line first",
    arguments: [
      ("root:x:0:0::/:/bin/sh\nremedy:x:998:998::/:/usr/sbin/nologin\n", 998),
      ("remedy:x:998:998::/:", 998), ("remedy:x:1:1::/:\nremedy:x:2:2::/:", 1),
      ("xremedy:x:1:1::/:\nremedyd:x:2:2::/:\n#remedy:x:3:3::/:", nil),
      ("remedy:x::1::/:", nil), ("remedy:x:-1:1::/:", nil), ("remedy:x:+5:1::/:", nil),
      ("remedy:x:99999999999:1::/:", nil), ("remedy", nil), ("remedy:x:5", nil), ("", nil),
    ] as [(String, UInt32?)])
  func account(passwd: String, uid: UInt32?) {
    #expect(ServerIdentity.accountUID("remedy", in: Array(passwd.utf8)) == uid)
  }

  @Test(
    "a squatter's socket gets no byte, whoever asks",
    .enabled(if: geteuid() == 0, "only root can listen as somebody else"))
  func squatter() {
    let counted = Pipe()
    let squatter = ScriptedBroker(asUID: 4242) { peer in
      var count = UInt8(clamping: peer.countToEnd())
      write(counted.writer, &count, 1)
    }
    #expect(throws: ConnectionFault.untrustedServer(path: squatter.path, uid: 4242)) {
      _ = try Client(path: squatter.path)
    }
    squatter.join()
    #expect(counted.text() == "\0")

    let again = Pipe()
    let second = ScriptedBroker(asUID: 4242) { peer in
      var count = UInt8(clamping: peer.countToEnd())
      write(again.writer, &count, 1)
    }
    let outcome = TokenFastPath.writeToken(
      TokenGet.Params(profile: "p"), path: second.path, deadline: .after(seconds: 5))
    #expect(outcome == .failed(.untrustedServer(path: second.path, uid: 4242)))
    second.join()
    #expect(again.text() == "\0")
  }
}

@Suite("Which socket")
struct SocketPathTests {
  @Test("the option, else REMEDY_SOCKET, else the user socket if it exists, else the system one")
  func order() {
    func choose(_ option: String?, _ environment: [String: String], _ existing: String?) -> String {
      SocketPath.choose(
        option: option, environment: { environment[$0] }, exists: { $0 == existing })
    }
    let all = ["REMEDY_SOCKET": "/e", "XDG_RUNTIME_DIR": "/run/user/1"]
    let user = "/run/user/1/remedy/broker.sock"
    #expect(choose("/o", all, user) == "/o")
    #expect(choose(nil, all, user) == "/e")
    #expect(choose(nil, ["XDG_RUNTIME_DIR": "/run/user/1"], user) == user)
    #expect(choose(nil, ["XDG_RUNTIME_DIR": "/run/user/1"], nil) == SocketPath.system)
    #expect(choose(nil, ["REMEDY_SOCKET": ""], nil) == SocketPath.system)
    #expect(choose(nil, ["XDG_RUNTIME_DIR": "x"], "x/remedy/broker.sock") == SocketPath.system)
    #expect(choose(nil, [:], nil) == SocketPath.system)
  }
}
