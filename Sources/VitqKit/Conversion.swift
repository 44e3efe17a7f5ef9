import VitqArchitectures
import VitqCheckpoints
import VitqFormat
import VitqGraph
import VitqHDF5
import VitqONNX

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// From a checkpoint to a full-precision model.
package struct Conversion: Sendable {
  /// HDF5, safetensors, ONNX, or a folder with timm's `config.json` and `model.safetensors`.
  package var input: String
  /// timm's name of the architecture, where the file does not say it.
  package var architecture: String?
  /// A `config.json`, where the file does not hold one.
  package var configurationPath: String?
  /// A text file with a class name on each line.
  package var labelsPath: String?

  package init(
    input: String, architecture: String? = nil, configurationPath: String? = nil,
    labelsPath: String? = nil
  ) {
    self.input = input
    self.architecture = architecture
    self.configurationPath = configurationPath
    self.labelsPath = labelsPath
  }

  /// Reads and checks the checkpoint.
  ///
  /// - Returns: The model, and what the importer decided that a user may want to know.
  package func model() throws(KitError) -> (model: GraphModel, notes: [String]) {
    let converted = try converted()
    return (converted.model, converted.notes)
  }

  /// Reads and checks the checkpoint, and tells what it took.
  package func converted() throws(KitError) -> ConvertedModel {
    let labels = try labelsPath.map { path throws(KitError) in
      // A line may end as on Windows, which Swift reads as one character.
      try Self.text(of: path).split { $0 == "\n" || $0 == "\r\n" }.map { String($0) }
    }
    let given = try configurationPath.map { path throws(KitError) in try Self.text(of: path) }
    return try input.hasSuffix(".onnx")
      ? convertedONNX(configuration: given, labels: labels)
      : convertedArchive(configuration: given, labels: labels)
  }

  private func convertedArchive(
    configuration: String?, labels: [String]?
  ) throws(KitError) -> ConvertedModel {
    let (archive, weightsPath) = try openArchive()
    let text = configuration ?? archive.metadata[ArchiveMetadata.configuration]
    let named = architecture ?? (text == nil ? architectureOfFileName : nil)
    let imported: ImportedModel
    do throws(ArchitectureError) {
      imported = try ModelImporter.model(
        from: archive, configurationText: text, architecture: named, labels: labels)
    } catch {
      throw KitError(path(at: error), error)
    }
    var result = try converted(imported, named: named, weightsPath: weightsPath)
    result.notes = archive.conversionNotes + result.notes
    return result
  }

  private func convertedONNX(
    configuration: String?, labels: [String]?
  ) throws(KitError) -> ConvertedModel {
    let file: ONNXModel
    do throws(ONNXError) {
      file = try ONNXReader.model(at: input)
    } catch {
      throw KitError(input, error)
    }
    let translation: ONNXTranslation
    do throws(TranslationError) {
      translation = try ONNXTranslation(file)
    } catch {
      throw KitError(.malformedInput, "\(input): \(error)")
    }
    let isDescribed = configuration != nil || file.metadata["config"] != nil
    let named = architecture ?? (isDescribed ? nil : architectureOfFileName)
    let imported: ImportedModel
    do throws(ArchitectureError) {
      imported = try ModelImporter.model(
        of: translation.graph, metadata: file.metadata, configurationText: configuration,
        architecture: named, labels: labels)
    } catch {
      throw KitError(path(at: error), error)
    }
    var result = try converted(imported, named: named, weightsPath: input)
    result.notes = file.notes + result.notes
    result.passes = translation.firings.map {
      PassReport(stage: .onnx, pass: $0.pass, count: $0.count, reason: $0.reason)
    }
    return result
  }

  private func converted(
    _ imported: ImportedModel, named: String?, weightsPath: String
  ) throws(KitError) -> ConvertedModel {
    let model = GraphModel(
      graph: imported.graph, inputDomain: .normalized, preprocessing: imported.preprocessing,
      labels: imported.labels, architecture: imported.architectureName,
      source: try Self.source(weightsPath))
    let guess =
      architecture == nil && named != nil ? ["architecture \(named ?? "") by the file's name"] : []
    return ConvertedModel(model: model, notes: guess + imported.notes)
  }

  /// The file at fault: labels and configuration may be files of their own.
  private func path(at error: ArchitectureError) -> String {
    switch error {
    case .labelCount: labelsPath ?? configurationPath ?? input
    case .configurationTooLarge, .malformedConfiguration, .configurationValue,
      .missingConfiguration, .foreignConfiguration:
      configurationPath ?? input
    default: input
    }
  }

  /// The file's name, if it is the name of an architecture as timm's checkpoints have it.
  private var architectureOfFileName: String? {
    let name = input.split(separator: "/").last.map { String($0) } ?? ""
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    return ArchitectureCatalog.entry(named: stem) == nil ? nil : stem
  }

  private func openArchive() throws(KitError) -> (any TensorArchive, path: String) {
    let start = try Self.startOfFile(input)
    if start?.starts(with: [0x89] + Array("HDF".utf8)) == true || input.hasSuffix(".h5")
      || input.hasSuffix(".hdf5")
    {
      do throws(HDF5Error) {
        return (try HDF5Archive(path: input), input)
      } catch {
        throw KitError(input, error)
      }
    }
    do throws(CheckpointError) {
      let isFolder = start == nil
      return (
        try HubFolder.open(input), isFolder ? "\(input)/\(HubFolder.weightsName)" : input
      )
    } catch {
      throw KitError(input, error)
    }
  }

  /// The first bytes of a file; `nil` for a folder.
  private static func startOfFile(_ path: String) throws(KitError) -> [UInt8]? {
    do throws(FileError) {
      let bytes = try FileBytes(path: path)
      return bytes.bytes(in: 0..<min(8, bytes.count))
    } catch .isDirectory {
      return nil
    } catch {
      throw KitError(reading: path, error)
    }
  }

  private static func text(of path: String) throws(KitError) -> String {
    let bytes: FileBytes
    do throws(FileError) {
      bytes = try FileBytes(path: path)
    } catch {
      throw KitError(reading: path, error)
    }
    guard bytes.count <= 8 << 20 else {
      throw KitError(
        .badConfiguration, "\(path): expected at most 8 MB of text, found \(bytes.count) bytes")
    }
    guard let text = String(validating: bytes.bytes(in: 0..<bytes.count), as: UTF8.self) else {
      throw KitError(.badConfiguration, "\(path): expected UTF-8 text, found other bytes")
    }
    return text
  }

  private static func source(_ path: String) throws(KitError) -> ModelHeader.Source {
    do throws(FileError) {
      let digest = try FileBytes(path: path).hexDigest()
      return ModelHeader.Source(name: String(path.split(separator: "/").last ?? ""), sha256: digest)
    } catch {
      throw KitError(reading: path, error)
    }
  }
}
