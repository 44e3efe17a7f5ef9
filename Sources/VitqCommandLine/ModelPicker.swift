import VitqFaults
import Foundation
package import VitqFormat

/// Chooses the model of a command that was given none.
///
/// Nothing is guessed: several candidates are an error that lists them, and what was picked is
/// said on stderr by the caller.
package enum ModelPicker {
  /// A model file and what made it the one.
  package struct Choice: Equatable, Sendable {
    package let path: String
    package let reason: String
  }

  /// The model to quantize: `given`, else the one full-precision model of the folder.
  package static func fullPrecision(given: String?, folder: String = ".") throws -> Choice {
    if let given { return Choice(path: given, reason: "given") }
    let candidates = try models(in: folder).filter { $0.header.isFullPrecision }.map(\.path)
    return try only(
      candidates, "full-precision", reason: "the only full-precision model here",
      remedy: "make one with 'vitq convert <checkpoint>' or name it")
  }

  /// The model to run: `given`, else `$VITQ_MODEL`, else the one quantized model of the folder,
  /// else the one model.
  package static func runnable(
    given: String?, environment: [String: String] = ProcessInfo.processInfo.environment,
    folder: String = "."
  ) throws -> Choice {
    if let given { return Choice(path: given, reason: "given") }
    if let path = environment["VITQ_MODEL"], !path.isEmpty {
      return Choice(path: path, reason: "$VITQ_MODEL")
    }
    let all = try models(in: folder)
    let quantized = all.filter { $0.header.kind == .program }.map(\.path)
    if quantized.isEmpty {
      return try only(
        all.map(\.path), "", reason: "the only model here",
        remedy: "make one with 'vitq convert' and 'vitq quantize', or name it with --model")
    }
    return try only(
      quantized, "quantized", reason: "the only quantized model here",
      remedy: "name one with --model")
  }

  /// Every model of a folder, full precision first, then by name.
  ///
  /// A file that is named like a model and is none, or is damaged, is an error: leaving it out
  /// could change which one is the only one.
  package static func models(
    in folder: String
  ) throws -> [(path: String, header: ModelHeader)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    var found: [(path: String, header: ModelHeader)] = []
    for name in names.sorted() where name.hasSuffix(".vitq") && !name.hasPrefix(".") {
      let path = folder == "." ? name : folder + "/" + name
      found.append((path, try ModelFiles.open(path).header))
    }
    return found.filter { $0.header.isFullPrecision } + found.filter { !$0.header.isFullPrecision }
  }

  private static func only(
    _ candidates: [String], _ kind: String, reason: String, remedy: String
  ) throws -> Choice {
    let article = kind.isEmpty ? "" : kind + " "
    switch candidates.count {
    case 1: return Choice(path: candidates[0], reason: reason)
    case 0:
      throw CommandFailure(
        .missingInput, "expected one \(article)model (*.vitq) in this folder, found none; \(remedy)"
      )
    default:
      throw CommandFailure(
        .usage,
        "expected one \(article)model in this folder, found \(candidates.count): "
          + candidates.joined(separator: ", ") + "; name one")
    }
  }
}

/// Where a command writes.
package enum OutputPath {
  /// Whether the file at `path` may be replaced: there is none, it is one of ours, or `force`.
  ///
  /// - Throws: ``CommandFailure`` if something else is there.
  package static func checkReplaceable(_ path: String, force: Bool) throws {
    guard !force, FileManager.default.fileExists(atPath: path) else { return }
    guard let bytes = try? FileBytes(path: path), let file = try? SafetensorsFile(bytes),
      (try? ModelHeader(metadata: file.metadata)) != nil
    else {
      throw CommandFailure(
        .cannotCreate,
        "\(path): exists and is no vitq model; choose another name with --output or pass --force")
    }
  }

  /// The name of `input` without folders and its last extension.
  package static func stem(of input: String) -> String {
    var name = (input as NSString).lastPathComponent
    if [".", ".."].contains(name) {
      name = URL(fileURLWithPath: input).standardized.lastPathComponent
    }
    let stem = (name as NSString).deletingPathExtension
    return stem.isEmpty ? name : stem
  }
}
