import Foundation
import VitqCommandLine
import VitqKit

@main
enum WorkbenchMain {
  static func main() {
    if let complaint = LinearAlgebraReport.instructionSetComplaint {
      StandardError.write(CommandFailure(.unavailable, complaint).line + "\n")
      exit(ExitStatus.unavailable.rawValue)
    }
    CommandTree<WorkbenchCommands>.launch()
  }
}

extension CommandFailure {
  /// A step of the kit that failed.
  init(_ error: KitError) {
    let status: ExitStatus =
      switch error.kind {
      case .malformedInput: .malformedInput
      case .missingInput: .missingInput
      case .unavailable: .unavailable
      case .selfCheckFailed: .selfCheckFailed
      case .cannotCreate: .cannotCreate
      case .inputOutput: .inputOutput
      case .interrupted: .interrupted
      case .refusedByPolicy: .refusedByPolicy
      case .badConfiguration: .badRecipe
      }
    self.init(status, error.description)
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
