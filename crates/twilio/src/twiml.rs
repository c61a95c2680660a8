//! TwiML, the XML in which a webhook tells Twilio what to do (Twilio's pages "TwiML for Programmable Voice").

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

/// The content type of a TwiML answer. Twilio refuses an answer without one.
pub const TWIML_CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Speak a text.
    Say {
        /// What is said. Characters that XML cannot carry are left out.
        text: String,
    },
    /// End the call.
    Hangup,
    /// Do not take the call, which then costs nothing. Only as the first verb.
    Reject {
        /// What the caller hears.
        reason: RejectReason,
    },
}

/// What a rejected caller hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// That the number is not in service.
    Rejected,
    /// A busy tone.
    Busy,
}

impl RejectReason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Busy => "busy",
        }
    }
}

/// A whole answer. Without verbs it is an empty `<Response/>`: a text then gets no reply.
pub fn twiml(verbs: &[Verb]) -> String {
    let mut xml = Writer::new(Vec::new());
    // Writing to memory does not fail.
    let written = write(&mut xml, verbs).and_then(|()| {
        String::from_utf8(xml.into_inner()).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    });
    let body = written.unwrap_or_else(|_| "<Response/>".to_owned());
    format!(r#"<?xml version="1.0" encoding="UTF-8"?>{body}"#)
}

fn write(xml: &mut Writer<Vec<u8>>, verbs: &[Verb]) -> io::Result<()> {
    let response = xml.create_element("Response");
    if verbs.is_empty() {
        response.write_empty()?;
        return Ok(());
    }
    response.write_inner_content(|xml| {
        for verb in verbs {
            match verb {
                Verb::Say { text } => {
                    xml.create_element("Say").write_text_content(BytesText::new(&speakable(text)))?;
                }
                Verb::Hangup => {
                    xml.create_element("Hangup").write_empty()?;
                }
                Verb::Reject { reason } => {
                    xml.create_element("Reject").with_attribute(("reason", reason.as_str())).write_empty()?;
                }
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// The characters that XML 1.0 allows; an escaped control character would be no XML either.
fn speakable(text: &str) -> String {
    text.chars()
        .filter(|c| {
            matches!(c, '\t' | '\n' | '\r') || (!c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

    #[test]
    fn nothing_to_do_is_an_empty_response() {
        assert_eq!(twiml(&[]), format!("{HEAD}<Response/>"));
    }

    #[test]
    fn a_sentence_is_said_and_the_call_ends() {
        let verbs = [Verb::Say { text: "Joe's <bar> & \"grill\"\u{7}".into() }, Verb::Hangup];
        assert_eq!(
            twiml(&verbs),
            format!(
                "{HEAD}<Response><Say>Joe&apos;s &lt;bar&gt; &amp; &quot;grill&quot;</Say><Hangup/></Response>"
            )
        );
    }

    #[test]
    fn a_call_can_be_rejected() {
        let xml = |reason| twiml(&[Verb::Reject { reason }]);
        assert_eq!(
            xml(RejectReason::Rejected),
            format!(r#"{HEAD}<Response><Reject reason="rejected"/></Response>"#)
        );
        assert_eq!(xml(RejectReason::Busy), format!(r#"{HEAD}<Response><Reject reason="busy"/></Response>"#));
    }
}
