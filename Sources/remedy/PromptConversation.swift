// A call to the broker with a person at the terminal who answers the prompts that it raises.
//
// One loop waits for broker, keyboard and signals together, so that a prompt can be taken back, or
// change, while somebody types. It ends with the call: whatever the prompts did, the broker's answer
// to the call is what counts.
//
// 1. The connection attaches as a prompter before the call is sent: the call never finds nobody.
// 2. The terminal is ours only while a prompt is open, or an answer to one is under way.
// 3. Only prompts for the caller's own session, or the service's, are answered here: another
//    user's sign-in does not belong on this screen.

internal import BrokerInterface
internal import Glibc
internal import JSONRPC
internal import Prompts
internal import RemedyClient

/// The prompts of one call.
final class PromptConversation<Call: Method> {
  private let client: Client
  private let terminal: Terminal
  private var screen: PromptScreen?
  private var spinner: Spinner
  private var answer: PendingCall<PromptAnswer>?
  /// Open prompts that wait for the one on the screen.
  private var queue: [Prompt] = []

  init(client: Client, terminal: Terminal) {
    self.client = client
    self.terminal = terminal
    spinner = Spinner(style: terminal.style)
  }

  /// Makes the call and answers prompts until it ends.
  func run(
    _ method: Call.Type, _ params: Call.Params, profile: String
  ) throws(Failure) -> Call.Result {
    defer {
      // What is said next does not belong on the line that was being typed.
      let isTyping = answer == nil && screen?.isWaiting == false
      write(spinner.clear() + (isTyping ? "\n" : ""))
      terminal.leave()
    }
    try attach(profile)
    let call = try reaching { () throws(ConnectionFault) in try client.start(method, params) }
    let deadline = Deadline.after(seconds: params.timeout + 10)
    while true {
      while let arrival = try reaching({ () throws(ConnectionFault) in
        try client.receive(until: .now)
      }) {
        if case .notification(let notification) = arrival { try hear(notification) }
      }
      if let result = try ask({ () throws(CallFault) in try client.result(of: call) }) {
        return result
      }
      try takeOutcome()
      if deadline.hasPassed { throw .call(.connection(.timedOut)) }
      try waitForNext(until: deadline)
    }
  }

  /// Becomes a prompter. A broker that lets this caller see no prompts may still answer the call.
  private func attach(_ profile: String) throws(Failure) {
    do {
      let attached = try client.call(
        PromptAttach.self, PromptAttach.Params(profiles: [profile])
      ) { notification in
        if case .show(let show) = notification { queue.append(show.prompt) }
      }
      queue = (attached.prompts + queue).filter(isOurs)
    } catch .refused {
      queue = []
    } catch {
      throw .call(error)
    }
  }

  private func isOurs(_ prompt: Prompt) -> Bool {
    prompt.owner.map { $0 == Int(geteuid()) } ?? true
  }
}

// MARK: What the broker says

extension PromptConversation {
  private func hear(_ notification: BrokerNotification) throws(Failure) {
    switch notification {
    case .show(let show):
      guard isOurs(show.prompt) else { return }
      queue.append(show.prompt)
      // A transaction has one prompt: a new one takes the place of the old.
      if let screen, screen.prompt.transaction == show.prompt.transaction, answer == nil {
        self.screen = nil
      }
    case .update(let update):
      if let index = queue.firstIndex(where: { $0.id == update.prompt.id }) {
        queue[index] = update.prompt
      }
      // What the prompt is while our answer to it is under way comes with the answer's result.
      guard answer == nil, screen?.prompt.id == update.prompt.id,
        let effects = screen?.update(update.prompt)
      else { return }
      try perform(effects)
    case .withdraw(let withdrawal):
      queue.removeAll { $0.id == withdrawal.prompt }
      // What became of our own answer comes as its result.
      guard screen?.prompt.id == withdrawal.prompt, answer == nil else { return }
      close(withdrawal)
    case .unknown:
      return
    }
  }

  private func close(_ withdrawal: PromptWithdraw) {
    screen = nil
    let what: TerminalText =
      switch withdrawal.reason {
      case .answered: "answered elsewhere"
      case .completed: "signed in"
      case .failed: "the sign-in has ended"
      case .cancelled: "the sign-in was cancelled"
      case .expired: "the prompt ran out"
      }
    let words = withdrawal.messages.flatMap { PromptHead.lines(of: $0, style: terminal.style) }
    write(spinner.clear())
    write("\n  " + what + "\n" + words.map { $0 + "\n" }.joined(separator: ""))
  }

  /// What the issuer said to our answer.
  private func takeOutcome() throws(Failure) {
    guard let answer else { return }
    do {
      guard let outcome = try client.result(of: answer) else { return }
      self.answer = nil
      screen = nil
      if let next = outcome.prompt {
        queue.removeAll { $0.id == next.id }
        queue.insert(next, at: 0)
      }
    } catch .refused(let error) {
      self.answer = nil
      try tellRefusal(error)
    } catch {
      throw .call(error)
    }
  }

  private func tellRefusal(_ error: RPCError) throws(Failure) {
    write(spinner.clear())
    if error.reason == .promptStale {
      screen = nil
      write("  that prompt is no longer open\n")
      return
    }
    var why: TerminalText = "\(error.message)"
    if let wait = error.retryAfter { why += " (wait \(Int(wait.rounded(.up))) s)" }
    if let effects = screen?.refused(why) { try perform(effects) }
  }
}

// MARK: What the person does

extension PromptConversation {
  /// Shows the next prompt, if it is its turn, and waits for the next thing to happen.
  private func waitForNext(until deadline: Deadline) throws(Failure) {
    if screen == nil, answer == nil, !queue.isEmpty { try show(queue.removeFirst()) }
    write(spinner.wait(for: awaited))
    let isAsking = screen != nil || answer != nil
    if !isAsking { terminal.leave() }
    let others = isAsking ? [TerminalSignals.descriptor, terminal.descriptor] : []
    let until = min(deadline, spinner.nextTick)
    let wake = try reaching { () throws(ConnectionFault) in
      try client.wait(for: others, until: until)
    }
    switch wake {
    case .other(terminal.descriptor): try read()
    case .other, .interrupted: try takeSignals()
    case .deadline: write(spinner.tick())
    case .broker: return
    }
  }

  /// What is waited for, where nothing is asked.
  private var awaited: TerminalText? {
    if answer != nil { return screen.map { IssuerHost.text(of: $0.prompt.issuer) } }
    guard let screen else { return "the broker" }
    return screen.isWaiting ? screen.pollWords ?? "another program" : nil
  }

  private func show(_ prompt: Prompt) throws(Failure) {
    let requester = prompt.requestedBy
    var screen = PromptScreen(
      prompt: prompt, style: terminal.style, isOwn: requester?.pid == Int(getpid()))
    terminal.enter()
    terminal.flush()
    let effects = screen.begin()
    self.screen = screen
    try perform(effects)
  }

  private func read() throws(Failure) {
    guard let keys = terminal.keys() else { throw .terminalGone }
    for key in keys {
      // Keys pressed while an answer is under way are meant for nothing on this screen.
      guard answer == nil, let effects = screen?.handle(key) else { return }
      try perform(effects)
    }
  }

  private func perform(_ effects: [PromptScreen.Effect]) throws(Failure) {
    for effect in effects {
      switch effect {
      case .write(let text):
        write(spinner.clear())
        write(text)
      case .cancel:
        try cancel()
      case .submit(let given):
        guard let id = screen?.prompt.id else { return }
        answer = try reaching { () throws(ConnectionFault) in
          try client.start(PromptAnswer.self, PromptAnswer.Params(prompt: id, answer: given))
        }
      }
    }
  }

  private func takeSignals() throws(Failure) {
    for signal in TerminalSignals.received() {
      switch signal {
      case SIGINT:
        try cancel()
      case SIGTSTP:
        write(spinner.clear() + "\n")
        terminal.suspend()
        repaint()
      default:
        terminal.resume()
        repaint()
      }
    }
  }

  private func repaint() {
    guard answer == nil, let screen, !screen.isWaiting else { return }
    write(terminal.style.freshLine + screen.question)
  }

  /// Cancels the transaction at the broker and ends. The terminal is given back first: a second
  /// Control-C ends the process at once.
  private func cancel() throws(Failure) -> Never {
    write(spinner.clear() + "\n")
    terminal.leave()
    let limit = Deadline.after(seconds: 5)
    var id = screen?.prompt.id ?? queue.first?.id
    screen = nil
    while let target = id {
      id = nil
      do {
        _ = try client.call(
          PromptCancel.self, PromptCancel.Params(prompt: target, timeout: 5), deadline: limit)
      } catch .refused(let error) where error.reason == .promptStale {
        // Our answer to it is under way: what comes of it is what must be cancelled.
        id = try outcome(until: limit)?.prompt?.id
      } catch {
        break
      }
    }
    throw .cancelled
  }

  private func outcome(until limit: Deadline) throws(Failure) -> AnswerOutcome? {
    guard let answer else { return nil }
    self.answer = nil
    while true {
      do {
        if let outcome = try client.result(of: answer) { return outcome }
        guard try client.receive(until: limit) != nil else { return nil }
      } catch {
        return nil
      }
    }
  }
}

// MARK: The world

extension PromptConversation {
  private func write(_ text: TerminalText) {
    // A terminal that is gone is noticed where it is read.
    if !text.isEmpty { terminal.write(text) }
  }

  private func reaching<Value>(
    _ body: () throws(ConnectionFault) -> Value
  ) throws(Failure) -> Value {
    do {
      return try body()
    } catch {
      throw .call(.connection(error))
    }
  }

  private func ask<Value>(_ body: () throws(CallFault) -> Value) throws(Failure) -> Value {
    do {
      return try body()
    } catch {
      throw .call(error)
    }
  }
}
