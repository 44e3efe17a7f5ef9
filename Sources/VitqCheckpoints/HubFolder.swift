import VitqFormat

/// A checkpoint as timm saves it and the Hugging Face hub holds it: `model.safetensors` with
/// `config.json` beside it.
package enum HubFolder {
  package static let weightsName = "model.safetensors"
  package static let configurationName = "config.json"
  /// The size up to which a configuration is read.
  package static let configurationByteLimit = 8 << 20

  private static let shardIndexName = "model.safetensors.index.json"
  private static let pickleNames = ["pytorch_model.bin", "model.pth", "model.pt"]

  /// Opens a folder, or a `.safetensors` file of any name with or without `config.json` beside it.
  ///
  /// - Throws: ``CheckpointError``. A configuration that is there but cannot be read is an error.
  package static func open(_ path: String) throws(CheckpointError) -> SafetensorsArchive {
    let (weights, folder) = try locateWeights(path)
    let start = weights.bytes(in: 0..<min(FileFormat.startByteCount, weights.count))
    let format = FileFormat(startOf: start)
    // What torch.save writes.
    if format == .zip || format == .pickle { throw .pickle(name: nil) }
    let file: SafetensorsFile
    do throws(SafetensorsError) {
      file = try SafetensorsFile(weights)
    } catch {
      let isCutOff = start.count <= 8
      guard
        format == .safetensors
          || format == nil && (isCutOff || FileFormat.hasSafetensorsHeader(start))
      else { throw .format(format) }
      throw .safetensors(error)
    }
    guard !ModelHeader.isPresent(in: file.metadata) else { throw .vitqModel }
    let configuration = try configuration(in: folder)
    do throws(ArchiveError) {
      return try SafetensorsArchive(file, configuration: configuration)
    } catch {
      throw .archive(error)
    }
  }

  /// The weights of a folder or a file, and the folder they lie in, which is empty or ends in `/`.
  private static func locateWeights(
    _ path: String
  ) throws(CheckpointError) -> (weights: FileBytes, folder: String) {
    let error: FileError
    do throws(FileError) {
      let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
      return (try FileBytes(path: path), String(folder))
    } catch let caught {
      error = caught
    }
    guard error == .isDirectory else { throw .weights(name: nil, error) }
    let folder = path.hasSuffix("/") ? path : path + "/"
    do throws(FileError) {
      return (try FileBytes(path: folder + weightsName), folder)
    } catch .notFound {
      if isThere(folder + shardIndexName) { throw .sharded(name: shardIndexName) }
      for name in pickleNames where isThere(folder + name) { throw .pickle(name: name) }
      throw .weights(name: weightsName, .notFound)
    } catch {
      throw .weights(name: weightsName, error)
    }
  }

  private static func isThere(_ path: String) -> Bool { (try? FileBytes(path: path)) != nil }

  private static func configuration(in folder: String) throws(CheckpointError) -> String? {
    let bytes: FileBytes
    do throws(FileError) {
      bytes = try FileBytes(path: folder + configurationName)
    } catch .notFound {
      return nil
    } catch {
      throw .configuration(error.description)
    }
    guard bytes.count <= configurationByteLimit else {
      throw .configuration(
        "too long: expected at most \(configurationByteLimit) bytes, found \(bytes.count)")
    }
    guard let text = String(validating: bytes.bytes(in: 0..<bytes.count), as: UTF8.self) else {
      throw .configuration("text is not UTF-8")
    }
    return text
  }
}
