import VitqFaults
import Foundation
import VitqCommandLine
import VitqKit

@main
enum WorkbenchMain {
  static func main() {
    if let complaint = LinearAlgebraReport.instructionSetComplaint {
      StandardError.line(CommandFailure(.unavailable, complaint).line)
      exit(ExitStatus.unavailable.rawValue)
    }
    CommandTree<WorkbenchCommands>.launch()
  }
}

extension CommandFailure {
  /// A step of the kit that failed.
  init(_ error: KitError) {
    self.init(ExitStatus(rawValue: error.kind.rawValue) ?? .internalError, error.description)
  }

  /// A run that ended; `folderOption` names another folder for what it leaves to the next one.
  init(_ error: KitError, folderOption: String) {
    let hint =
      error.isOfAnotherRun
      ? "; start anew with --no-resume, or keep both with another \(folderOption)" : ""
    let failure = CommandFailure(error)
    self.init(failure.status, failure.message + hint)
  }

  /// Runs a step of the kit; its error becomes a failure of the command.
  static func mapping<Result: ~Copyable>(_ body: () throws(KitError) -> Result)
    throws(CommandFailure)
    -> Result
  {
    do throws(KitError) {
      return try body()
    } catch {
      throw CommandFailure(error)
    }
  }
}
