/// The version of the tool, written into every model.
package enum ToolVersion {
  package static let text = "0.1.0"
}
