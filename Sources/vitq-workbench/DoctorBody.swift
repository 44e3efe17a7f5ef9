import VitqFaults
import VitqCommandLine
import VitqKit
import VitqReporting
import VitqRuntime
import VitqSynthesis

enum DoctorBody {
  static func run() throws {
    var table = Table(["vitq", Tool.version])
    table.append(["processor", Machine.processorName])
    table.append(["instruction sets", InstructionSet.available.map(\.name).joined(separator: ", ")])
    do throws(RuntimeError) {
      table.append(["in use", try InstructionSet.selected().name])
    } catch {
      throw CommandFailure(.unavailable, error.message)
    }
    let products = ProductFormat.native.map(\.rawValue).joined(separator: ", ")
    table.append(["products", "\(products), of synthesis"])
    table.append(["OpenBLAS", LinearAlgebraReport.core])
    if let better = LinearAlgebraReport.betterCore {
      table.append(["better", "OPENBLAS_CORETYPE=\(better), or leave it unset"])
    }
    Output.line(table.plainText)
  }
}
