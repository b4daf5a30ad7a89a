// The prompts of the broker, and a person at the terminal who answers them.
//
// One loop waits for broker, keyboard and signals together, so that a prompt can be taken back, or
// change, while somebody types. Around a call to the broker it ends with the call: whatever the
// prompts did, the broker's answer to the call is what counts. Without one it goes on until the person
// has enough.
//
// 1. The connection attaches as a prompter before the call is sent: the call never finds nobody.
// 2. Around a call the terminal is ours only while a prompt is open, or an answer to one is under way.
// 3. Around a call only prompts for the caller's own session, or the service's, are answered: those of
//    other users, whom the profile has this person answer for, are not what was asked for. That they
//    wait is said at the end. Without a call they are answered too, with their owner on the screen.

internal import BrokerInterface
internal import Glibc
internal import JSONRPC
internal import Prompts
internal import RemedyClient

/// One connection's prompts.
final class PromptConversation {
  let client: Client
  let terminal: Terminal
  let abilities: PromptScreen.Abilities
  var screen: PromptScreen?
  var spinner: Spinner
  var answer: PendingCall<PromptAnswer>?
  /// The helper, while a security key is asked.
  var keyProgram: SecurityKeyProgram?
  /// Who signs in, as it was typed or the newest prompt that says so has it: a name, where the
  /// session's subject may be a number.
  var person: String?
  /// Whether the person has done something since an answer was given that nobody typed.
  var hasActed = true
  /// Open prompts that wait for the one on the screen.
  var queue: [Prompt] = []
  /// Open prompts of other users, around a call.
  var others: [Prompt] = []
  /// Whether the terminal stays ours while nothing is asked.
  private var isAttending = false
  /// What the call is to do, where that is more than to sign in.
  var flow = FlowWords()
  /// When the call's own time is over, in seconds since 1970.
  private var callEnd: Double?
  /// Until when Enter belongs to the letter that was typed before it.
  var enterEnd = Deadline.now
  /// Told how each sign-in ended, where nobody waits for it here.
  var onEnd: ((EndedPrompt) throws(Failure) -> Void)?

  init(client: Client, terminal: Terminal) {
    self.client = client
    self.terminal = terminal
    abilities = PromptScreen.Abilities(
      hasDesktop: Desktop.isThere,
      hasSecurityKeys: SecurityKeyProgram.isThere)
    spinner = Spinner(style: terminal.style)
  }

  /// Makes the call and answers prompts until it ends.
  ///
  /// - Parameter command: the verb and the profile, for what to do next.
  func run<Call: Method>(
    _ method: Call.Type, _ params: Call.Params, profile: String, command: String
  ) throws(Failure) -> Call.Result {
    defer { leave() }
    try attach([profile], mustSee: false)
    let call = try reaching { () throws(ConnectionFault) in try client.start(method, params) }
    let deadline = Deadline.after(seconds: params.timeout + 10)
    callEnd = Double(time(nil)) + params.timeout
    while true {
      try takeNews()
      do {
        if let result = try client.result(of: call) { return result }
      } catch .refused(let error) {
        throw .call(.refused(error.timedOut(command, after: params.timeout)))
      } catch {
        throw .call(error)
      }
      try takeOutcome()
      if deadline.hasPassed { throw .call(.connection(.timedOut)) }
      try waitForNext(until: deadline)
    }
  }

  /// Answers prompts until the person has enough, which is thrown as `cancelled` where a prompt was
  /// open, and else returned from.
  func attend(_ profiles: [String]?) throws(Failure) {
    defer { leave() }
    isAttending = true
    try attach(profiles, mustSee: true)
    terminal.enter()
    while true {
      try takeNews()
      try takeOutcome()
      guard screen != nil || answer != nil || !queue.isEmpty else {
        write(spinner.wait(for: "a prompt; Control-C ends this"))
        let wake = try reaching { () throws(ConnectionFault) in
          try client.wait(
            for: [TerminalSignals.descriptor, terminal.descriptor], until: spinner.nextTick)
        }
        switch wake {
        case .other(terminal.descriptor):
          guard let keys = terminal.keys() else { throw .terminalGone }
          if keys.contains(.endOfInput) { return }
        case .other, .interrupted:
          for signal in TerminalSignals.received() {
            if signal == SIGINT { return }
            pause(signal)
          }
        case .deadline: write(spinner.tick())
        case .broker: break
        }
        continue
      }
      try waitForNext(until: .never)
    }
  }

  /// What is said next does not belong on the line that was being typed.
  private func leave() {
    let isTyping = answer == nil && screen?.isWaiting == false
    write(spinner.clear() + (isTyping ? "\n" : ""))
    for prompt in others {
      let whose: TerminalText = prompt.owner.map { ", uid \($0)," } ?? ""
      write(
        "  the sign-in of another user\(whose) to \(prompt.profile) waits for an answer\n"
          + "hint: remedy attach \(prompt.profile)\n")
    }
    terminal.leave()
  }

  /// Becomes a prompter. A broker that lets this caller see no prompts may still answer a call.
  private func attach(_ profiles: [String]?, mustSee: Bool) throws(Failure) {
    do {
      let attached = try client.call(
        PromptAttach.self,
        PromptAttach.Params(
          profiles: profiles,
          capabilities: [.browser, .qr] + (abilities.hasSecurityKeys ? [.webauthn] : []))
      ) { notification in
        if case .show(let show) = notification { queue.append(show.prompt) }
      }
      let prompts = attached.prompts + queue
      queue = prompts.filter(isForHere)
      others = prompts.filter { !isForHere($0) }
    } catch .refused(let error) {
      guard !mustSee else { throw .call(.refused(error)) }
      queue = []
    } catch {
      throw .call(error)
    }
  }

  func isForHere(_ prompt: Prompt) -> Bool {
    isAttending || prompt.owner.map { $0 == Int(geteuid()) } ?? true
  }

  private func takeNews() throws(Failure) {
    while let arrival = try reaching({ () throws(ConnectionFault) in
      try client.receive(until: .now)
    }) {
      if case .notification(let notification) = arrival { try hear(notification) }
    }
  }

  /// Shows the next prompt, if it is its turn, and waits for the next thing to happen.
  private func waitForNext(until deadline: Deadline) throws(Failure) {
    if screen == nil, answer == nil, !queue.isEmpty { try show(queue.removeFirst()) }
    // Whatever took the screen from the key, nobody waits for it any more.
    if answer != nil || screen?.isAskingKey != true { keyProgram = nil }
    let isPolling = answer == nil && screen?.isWaiting == true
    write(
      spinner.wait(
        for: awaited, until: isPolling ? screen?.prompt.content.expiresAt : nil,
        orUntil: isPolling ? callEnd : nil))
    let isAsking = screen != nil || answer != nil || isAttending
    if !isAsking { terminal.leave() }
    var others = isAsking ? [TerminalSignals.descriptor, terminal.descriptor] : []
    if let keyProgram { others.append(keyProgram.descriptor) }
    let until = min(deadline, spinner.nextTick)
    let wake = try reaching { () throws(ConnectionFault) in
      try client.wait(for: others, until: until)
    }
    switch wake {
    case .other(terminal.descriptor): try read()
    case .other(keyProgram?.descriptor): try hearKey()
    case .other, .interrupted: try takeSignals()
    case .deadline: write(spinner.tick())
    case .broker: return
    }
  }

  /// What is waited for, where nothing is asked.
  private var awaited: TerminalText? {
    if answer != nil { return screen.map { IssuerHost.text(of: $0.prompt.issuer) } }
    guard let screen else { return "the broker" }
    if screen.step == .key { return "your security key" }
    return screen.isWaiting ? screen.pollWords ?? "another program" : nil
  }
}

// MARK: The world

extension PromptConversation {
  func write(_ text: TerminalText) {
    // A terminal that is gone is noticed where it is read.
    if !text.isEmpty { terminal.write(text) }
  }

  func reaching<Value>(
    _ body: () throws(ConnectionFault) -> Value
  ) throws(Failure) -> Value {
    do {
      return try body()
    } catch {
      throw .call(.connection(error))
    }
  }
}
