import Foundation
import VitqFormat

/// Image files with the class each shows.
///
/// Three layouts are read: a `labels.csv` (RFC 4180) with the heading `file,class_index` and paths
/// relative to its folder; a folder that holds such a file; a folder with one sub-folder for each
/// class, classes numbered in the order of the sub-folders' names.
package struct LabelledImages: Sendable {
  package struct Entry: Sendable, Equatable {
    package let path: String
    package let classIndex: Int
  }

  package let entries: [Entry]

  /// Finds the images of a path.
  ///
  /// - Parameters:
  ///   - path: `labels.csv` or a folder.
  ///   - classCount: The number of classes of the model; every index must be below it.
  /// - Throws: ``LabelledImagesError`` naming the file and line.
  package init(path: String, classCount: Int) throws(LabelledImagesError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .missing(path: path)
    }
    let list = isFolder.boolValue ? path + "/labels.csv" : path
    if isFolder.boolValue, !FileManager.default.fileExists(atPath: list) {
      entries = try Self.classFolders(in: path, classCount: classCount)
    } else {
      entries = try Self.entries(ofList: list, classCount: classCount)
    }
    guard !entries.isEmpty else { throw .empty(path: path) }
  }

  private static func entries(
    ofList path: String, classCount: Int
  ) throws(LabelledImagesError) -> [Entry] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path: path)
    }
    guard let text = String(data: data, encoding: .utf8) else { throw .notText(path: path) }
    let folder = path.folderOfPath
    var entries: [Entry] = []
    for record in CSVRecord.records(of: text) {
      let isHeading = record.fields?.map(\.text) == ["file", "class_index"]
      guard !record.text.isEmpty, !(record.line == 1 && isHeading) else { continue }
      guard let (file, index) = fileAndClass(of: record) else {
        throw .malformedLine(path: path, line: record.line, found: record.text)
      }
      guard (0..<classCount).contains(index) else {
        throw .classOutOfRange(path: path, line: record.line, found: index, classCount: classCount)
      }
      let image = file.hasPrefix("/") || folder.isEmpty ? file : folder + "/" + file
      entries.append(Entry(path: image, classIndex: index))
    }
    return entries
  }

  /// The last field is the class; a name without quotes may have commas.
  private static func fileAndClass(of record: CSVRecord) -> (file: String, classIndex: Int)? {
    guard let fields = record.fields, let index = fields.last.flatMap({ Int($0.text) }) else {
      return nil
    }
    let names = fields.dropLast()
    let file = names.map(\.text).joined(separator: ",")
    guard !file.isEmpty, names.count == 1 || !names.contains(where: \.isQuoted) else { return nil }
    return (file, index)
  }

  private static func classFolders(
    in path: String, classCount: Int
  ) throws(LabelledImagesError) -> [Entry] {
    let manager = FileManager.default
    func sortedNames(of folder: String) -> [String] {
      ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }
        .sorted()
    }
    let folders = sortedNames(of: path).filter { name in
      var isFolder: ObjCBool = false
      return manager.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
        && isFolder.boolValue
    }
    guard folders.count == classCount else {
      throw .folderCount(path: path, expected: classCount, found: folders.count)
    }
    return folders.enumerated().flatMap { index, folder in
      sortedNames(of: path + "/" + folder).map {
        Entry(path: path + "/" + folder + "/" + $0, classIndex: index)
      }
    }
  }
}

extension LabelledImages {
  /// The images of a path, with an error of the kit.
  package static func entries(_ path: String, classCount: Int) throws(KitError) -> [Entry] {
    do throws(LabelledImagesError) {
      return try LabelledImages(path: path, classCount: classCount).entries
    } catch {
      throw KitError(error)
    }
  }

  /// Reads and decodes every image of a path and keeps none, so that one that is missing or damaged
  /// is found before long work.
  package static func check(_ path: String, classCount: Int) throws(KitError) {
    for entry in try entries(path, classCount: classCount) { _ = try ImagePixels.read(entry.path) }
  }
}

extension KitError {
  init(_ error: LabelledImagesError) {
    let kind: Kind =
      switch error {
      case .missing, .unreadable: .missingInput
      default: .malformedInput
      }
    self.init(kind, "\(error)")
  }
}

/// Why a list of labelled images cannot be used.
package enum LabelledImagesError: Error, Equatable, CustomStringConvertible {
  case missing(path: String)
  case unreadable(path: String)
  case notText(path: String)
  case empty(path: String)
  case malformedLine(path: String, line: Int, found: String)
  case classOutOfRange(path: String, line: Int, found: Int, classCount: Int)
  case folderCount(path: String, expected: Int, found: Int)

  package var description: String {
    switch self {
    case .missing(let path): "\(path): no such file or folder"
    case .unreadable(let path): "\(path): expected a readable file"
    case .notText(let path): "\(path): expected UTF-8 text, found other bytes"
    case .empty(let path): "\(path): expected at least one image, found none"
    case .malformedLine(let path, let line, let found):
      "\(path): line \(line): expected 'file,class_index', found '\(found)'"
    case .classOutOfRange(let path, let line, let found, let classCount):
      "\(path): line \(line): expected a class from 0 to \(classCount - 1), found \(found)"
    case .folderCount(let path, let expected, let found):
      "\(path): expected labels.csv or \(expected) class folders, found \(found) folders"
    }
  }
}
