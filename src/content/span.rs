//! Text with its place: what a reader sees, and where on the paper it stands.

/// One piece of text: a paragraph, a line of a page, a cell, a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The file that it was found in: an index in [`super::Tree::nodes`]. Filled in by the opener.
    pub node: usize,
    /// What part of the file it is.
    pub spot: Spot,
    /// Page, slide or sheet, from 1, where the format tells it without laying out the text.
    pub page: Option<u32>,
    /// Its number among the pieces of the same spot and page, from 0: paragraph, line, or row of a table.
    pub line: u32,
    /// Its cell in that row, from 0; 0 where there are no cells.
    pub column: u32,
    /// What it says, in Unicode: letters of legacy fonts are decoded already. Not normalised.
    pub text: String,
    /// How it looks.
    pub style: Style,
    /// The legacy encoding that its letters were found in, by its font or by the file's declaration
    /// (`tcvn3`, `vni`, `viscii`, `windows-1258`); none for Unicode.
    pub legacy: Option<&'static str>,
}

/// What part of a file a text stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Spot {
    /// Running text.
    #[default]
    Body,
    /// A cell of a table or a sheet.
    Cell,
    /// A text box, a frame, a shape.
    TextBox,
    /// The head of the pages.
    Header,
    /// The foot of the pages.
    Footer,
    /// A footnote, an endnote, a speaker's note.
    Note,
    /// A comment.
    Comment,
    /// A property of the document: title, subject, keywords, category, an own one.
    Property,
    /// The title of a slide.
    Title,
    /// The name of a sheet.
    SheetName,
    /// The alternative text of a picture.
    Alt,
    /// Text that a tracked change deleted (what it inserted is running text).
    Deleted,
    /// An annotation of a PDF.
    Annotation,
    /// A form's field.
    Field,
    /// A watermark.
    Watermark,
    /// The subject of a message.
    Subject,
    /// The name of a file.
    FileName,
}

/// How a text looks: what a reader takes for emphasis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Most of it is bold.
    pub bold: bool,
    /// Most of it is red.
    pub red: bool,
    /// It has a frame of its own (paragraph border, bordered text box or cell).
    pub framed: bool,
    /// It is centred.
    pub centred: bool,
    /// Size of its letters in half points, where known; 0: not known.
    pub half_points: u16,
    /// It cannot be seen: hidden, or of the colour of the paper.
    pub hidden: bool,
}
