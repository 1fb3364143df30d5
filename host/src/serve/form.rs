//! A form of one of the hub's pages. One that cannot be read is answered with a page.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, Request};
use serde::de::DeserializeOwned;

use super::problem::PageProblem;
use crate::app::App;

/// What stands in a form.
pub(super) struct Filled<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Filled<T> {
    type Rejection = PageProblem;

    async fn from_request(request: Request, app: &App) -> Result<Self, PageProblem> {
        match Form::<T>::from_request(request, app).await {
            Ok(Form(filled)) => Ok(Self(filled)),
            Err(rejection) => Err(PageProblem::unreadable_form(app, sentence(&rejection))),
        }
    }
}

const fn sentence(rejection: &FormRejection) -> &'static str {
    match rejection {
        FormRejection::InvalidFormContentType(_) => {
            "the form did not come as a page's form; go back to the page and send it again"
        }
        FormRejection::BytesRejection(_) => {
            "the form is too long or did not arrive in time; go back to the page and send it again"
        }
        _ => "a field of the form is missing; go back to the page, fill it in and send it again",
    }
}
